// Channels that each spoil the stream in one way, to show that the checks of the shapes can fail.
#include <gtest/gtest.h>

#include <annulus/spsc.hpp>

#include "suites/common/micro.hpp"
#include "suites/pipes/contenders.hpp"
#include "suites/rings/catalogue.hpp"

namespace annulus::bench {
namespace {

using message = std::vector<std::byte>;
using spoiler = void (*)(message& sent, const message& last);

void one_bit(message& sent, const message&) {
  sent.back() ^= std::byte{0x80};
}
void old_bytes(message& sent, const message& last) {
  std::copy_n(last.begin(), std::min(last.size(), sent.size()), sent.begin());
}
void swapped_words(message& sent, const message&) {
  if (sent.size() < 16) {
    sent.front() = ~sent.front();
  } else {
    std::swap_ranges(sent.begin(), sent.begin() + 8, sent.begin() + 8);
  }
}
void nothing(message&, const message&) {
}

// What all channels do now: they are made by their size alone.
spoiler spoil = nothing;

// Spoils the third message; the first one, or more, warms the channel up.
class third_spoiled {
 public:
  void pass(bytes_span sent) {
    message all(sent.begin(), sent.end());
    const message good = all;
    if (++messages_ == 3) spoil(all, last_);
    std::copy(all.begin(), all.end(), sent.begin());
    last_ = good;
  }

 private:
  message last_;
  int messages_ = 0;
};

// A ring, as far as the shapes use it in place.
class spoiling_ring {
 public:
  explicit spoiling_ring(std::size_t bytes) : ring_(bytes) {}

  reservation reserve(std::size_t n) {
    const auto got = ring_.writer().reserve(n);
    made_ = got.memory;
    return got;
  }
  std::error_code commit(std::size_t n) {
    third_.pass(made_.prefix(n).first);
    return ring_.writer().commit(n);
  }
  spoiling_ring& writer() { return *this; }
  auto& reader() { return ring_.reader(); }
  transfer write(bytes_view from) {
    message sent(from.begin(), from.end());
    third_.pass(sent);
    return ring_.writer().write(sent);
  }
  void cork() { ring_.writer().cork(); }
  void flush() { ring_.writer().flush(); }
  void uncork() { ring_.writer().uncork(); }

 private:
  spsc_ring ring_;
  span_pair<std::byte> made_;
  third_spoiled third_;
};

class spoiling {
 public:
  explicit spoiling(std::size_t bytes) : ring_(bytes) {}
  void write(bytes_view from) { std::ignore = ring_.write(from); }
  void read(bytes_span to) { std::ignore = ring_.reader().read(to, to.size()); }
  spoiling_ring& ring() { return ring_; }

 private:
  spoiling_ring ring_;
};

// Where a segment is sent, and where it is made in the pipe's own memory.
class spoiling_pipe : public pipe_channel {
 public:
  using pipe_channel::pipe_channel;
  void send(bytes_view from) {
    message sent(from.begin(), from.end());
    third_.pass(sent);
    pipe_channel::send(sent);
  }
  bytes_span alloc(std::size_t min) { return made_ = pipe_channel::alloc(min); }
  void advance(std::size_t n) {
    third_.pass(made_.first(n));
    pipe_channel::advance(n);
  }

 private:
  bytes_span made_;
  third_spoiled third_;
};

const std::vector<contender>& channels() {
  static const auto all = [] {
    catalogue found(side::ours);
    found.bytes<spoiling>("spoiling");
    auto out = std::move(found).take();
    add_pipe_shapes<spoiling_pipe>(out, "spoiling");
    return out;
  }();
  return all;
}

void run(const std::string& shape, spoiler how, const char* load = "closed",
         bool in_place = false) {
  spoil = how;
  setup given;
  given.ring_size = 64 << 10;
  given.amount = shape == shape_f ? 10 : 1 << 20;
  given.write = given.read = 16 << 10;
  given.in_place = in_place;
  given.how = parse_load(load).value();
  find(channels(), shape, "spoiling")->run(given);
}

struct spoiled_cell {
  std::string shape;
  std::string load = "closed";
  bool in_place = false;
};

const std::vector<spoiled_cell> checking_all{{"a"},
                                             {"b"},
                                             {"c"},
                                             {"d"},
                                             {"f"},
                                             {"g"},
                                             {"flow"},
                                             {"flow", "open:100MB/s"},
                                             {"flow", "closed", true},
                                             {"flow", "open:100MB/s+stall:1ms/2ms", true},
                                             {"checksum"},
                                             {"parse"}};

TEST(Corruption, OfAnyKindIsSeenByWhatChecksEveryByte) {
  for (const auto& [shape, load, in_place] : checking_all) {
    for (const spoiler how : {one_bit, old_bytes, swapped_words}) {
      EXPECT_THROW(run(shape, how, load.c_str(), in_place), corruption)
          << shape << " " << load << " " << in_place << " " << (how == one_bit)
          << (how == old_bytes);
    }
  }
}

TEST(Corruption, OfASegmentsFirstWordIsSeenByCopyIn) {
  EXPECT_THROW(run("copy-in", old_bytes), corruption);
  EXPECT_THROW(run("copy-in", swapped_words), corruption);
}

TEST(Corruption, IsNotSeenWhereThereIsNone) {
  for (const auto& [shape, load, in_place] : checking_all)
    EXPECT_NO_THROW(run(shape, nothing, load.c_str(), in_place)) << shape << " " << load;
  EXPECT_NO_THROW(run("copy-in", nothing));
}

TEST(Corruption, EndsATurnOfTheBenchmark) {
  spoil = one_bit;
  setup given;
  given.ring_size = 64 << 10;
  given.amount = 1 << 20;
  EXPECT_THROW(measure(*find(channels(), "c", "spoiling"), given), corruption);
}

}  // namespace
}  // namespace annulus::bench
