// annulus bench over channels that each spoil the stream in one way, to show that the checks can
// fail.
#include <annulus/spsc.hpp>

#include "catalogue.hpp"
#include "command.hpp"

namespace annulus::bench {
namespace {

// Spoils the third write: the first one warms the channel up.
template <class Spoil>
class spoiling {
 public:
  explicit spoiling(std::size_t bytes) : channel_(bytes) {}
  void write(bytes_view from) {
    std::vector<std::byte> sent(from.begin(), from.end());
    if (++writes_ == 3) Spoil{}(sent, last_);
    last_.assign(from.begin(), from.end());
    channel_.write(sent);
  }
  void read(bytes_span to) { channel_.read(to); }

 private:
  ring_channel<spsc_ring> channel_;
  std::vector<std::byte> last_;
  int writes_ = 0;
};

using message = std::vector<std::byte>;

struct one_bit {
  void operator()(message& sent, const message&) const { sent.back() ^= std::byte{0x80}; }
};
struct old_bytes {
  void operator()(message& sent, const message& last) const {
    std::copy_n(last.begin(), std::min(last.size(), sent.size()), sent.begin());
  }
};
struct swapped_words {
  void operator()(message& sent, const message&) const {
    if (sent.size() < 16) {
      sent.front() = ~sent.front();
    } else {
      std::swap_ranges(sent.begin(), sent.begin() + 8, sent.begin() + 8);
    }
  }
};
struct nothing {
  void operator()(message&, const message&) const {}
};

}  // namespace
}  // namespace annulus::bench

int main(int argc, char** argv) {
  using namespace annulus::bench;
  catalogue all(side::ours);
  all.bytes<spoiling<one_bit>>("one-bit");
  all.bytes<spoiling<old_bytes>>("old-bytes");
  all.bytes<spoiling<swapped_words>>("swapped-words");
  all.bytes<spoiling<nothing>>("nothing");
  return command(argc, argv, std::move(all).take());
}
