// annulus bench over channels that each spoil the stream in one way, to show that the checks can
// fail.
#include <annulus/spsc.hpp>

#include "catalogue.hpp"
#include "command.hpp"
#include "pipelines/shapes.hpp"

namespace annulus::bench {
namespace {

using message = std::vector<std::byte>;

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

// Spoils the third segment, the warm-up not counted: where it is sent, and where it is made in the
// pipe's own memory.
template <class Spoil>
class spoiling_pipe : public pipe_channel {
 public:
  using pipe_channel::pipe_channel;
  void send(bytes_view from) {
    message sent(from.begin(), from.end());
    spoil(sent);
    pipe_channel::send(sent);
  }
  bytes_span alloc(std::size_t min) { return made_ = pipe_channel::alloc(min); }
  void advance(std::size_t n) {
    message sent(made_.begin(), made_.begin() + static_cast<std::ptrdiff_t>(n));
    spoil(sent);
    std::copy(sent.begin(), sent.end(), made_.begin());
    pipe_channel::advance(n);
  }

 private:
  void spoil(message& sent) {
    const message good = sent;
    if (++segments_ == 3) Spoil{}(sent, last_);
    last_ = good;
  }

  bytes_span made_;
  message last_;
  int segments_ = 0;
};

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
  catalogue pipes(side::ours);
  add_pipe_shapes<spoiling_pipe<one_bit>>(pipes, "one-bit");
  add_pipe_shapes<spoiling_pipe<old_bytes>>(pipes, "old-bytes");
  add_pipe_shapes<spoiling_pipe<swapped_words>>(pipes, "swapped-words");
  add_pipe_shapes<spoiling_pipe<nothing>>(pipes, "nothing");
  return command(
      argc, argv,
      {{rings_suite(), std::move(all).take()}, {pipelines_suite(), std::move(pipes).take()}});
}
