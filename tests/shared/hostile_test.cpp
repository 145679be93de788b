// A peer that means no good: it writes into the shared memory what it likes, when it likes. This
// end gets errors, and never touches memory that is not the ring's, or waits for longer than it
// was told to.
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <limits>
#include <thread>

#include "process.hpp"

namespace annulus::shared_tests {
namespace {

using namespace std::chrono_literals;

template <class Ring>
struct parts_of;
template <class Layout, class Waiting>
struct parts_of<basic_shared_ring<Layout, Waiting>> {
  using region = shared_region<Layout, Waiting>;
};

constexpr std::size_t wanted = 5000;

template <class Ring>
class hostile : public ::testing::Test {
 protected:
  using region = typename parts_of<Ring>::region;

  hostile() : ring(Ring::create(wanted)), memory(ring.fd()) {}

  // Of what both ends share beside the stream's bytes.
  static std::size_t shared_bytes(const region& of) {
    return reinterpret_cast<std::uintptr_t>(&of.core()) + sizeof(of.core()) -
           reinterpret_cast<std::uintptr_t>(&of.header());
  }

  const Ring ring;
  const region memory;
};

TYPED_TEST_SUITE(hostile, all, names);

const auto indices = [](std::size_t capacity) {
  return std::array<std::uint64_t, 7>{capacity + 1,
                                      2 * capacity,
                                      std::uint64_t{1} << 63,
                                      (std::uint64_t{1} << 63) + capacity,
                                      std::numeric_limits<std::uint64_t>::max() - capacity,
                                      std::numeric_limits<std::uint64_t>::max() - 1,
                                      std::numeric_limits<std::uint64_t>::max()};
};

TYPED_TEST(hostile, a_tail_that_cannot_be_is_an_error_of_every_call) {
  const auto capacity = this->memory.data().size();
  for (const auto tail : indices(capacity)) {
    for (const int call : {0, 1, 2, 3}) {
      const auto made = TypeParam::create(wanted);
      const typename TestFixture::region peer(made.fd());
      auto reader = TypeParam::reader::attach(made.fd());
      peer.core().tail.index.store(tail, std::memory_order_seq_cst);
      std::array<std::byte, 100> got{};
      const auto error = [&] {
        if (call == 0) return reader.try_peek(1).error;
        if (call == 1) return reader.peek(1, 1h).error;
        if (call == 2) return reader.try_read(got).error;
        return reader.read(got, 1, 1h).error;
      }();
      EXPECT_EQ(error, errc::corrupted) << call << " " << tail;
      // It stays, whatever is written now.
      peer.core().tail.index.store(10, std::memory_order_seq_cst);
      peer.core().status.word.store(0, std::memory_order_seq_cst);
      const auto seen = reader.try_peek(0);
      EXPECT_EQ(seen.error, errc::corrupted);
      EXPECT_TRUE(seen.data.empty());
      EXPECT_EQ(reader.read(got).error, errc::corrupted);
      EXPECT_EQ(reader.consume(0), errc::corrupted);
    }
  }
}

TYPED_TEST(hostile, a_head_that_cannot_be_is_an_error_of_every_call) {
  const auto capacity = this->memory.data().size();
  for (const auto head : indices(capacity)) {
    for (const int call : {0, 1, 2, 3, 4}) {
      const auto made = TypeParam::create(wanted);
      const typename TestFixture::region peer(made.fd());
      auto writer = TypeParam::writer::attach(made.fd());
      const std::vector<std::byte> full(capacity);
      ASSERT_EQ(writer.try_write(full).bytes, capacity);
      // The writer is at `capacity`: a head of twice that lies ahead of it.
      peer.core().head.index.store(head, std::memory_order_seq_cst);
      const auto error = [&] {
        if (call == 0) return writer.try_reserve(1).error;
        if (call == 1) return writer.reserve(1, 1h).error;
        if (call == 2) return writer.try_write(full).error;
        if (call == 3) return writer.write(full, 1h).error;
        return writer.drain(1h);
      }();
      EXPECT_EQ(error, errc::corrupted) << call << " " << head;
      peer.core().head.index.store(0, std::memory_order_seq_cst);
      peer.core().status.word.store(0, std::memory_order_seq_cst);
      EXPECT_EQ(writer.try_reserve(0).error, errc::corrupted);
      EXPECT_EQ(writer.write(full).error, errc::corrupted);
      EXPECT_EQ(writer.commit(0), errc::corrupted);
    }
  }
}

TYPED_TEST(hostile, an_index_that_goes_back_is_an_error) {
  auto reader = TypeParam::reader::attach(this->ring.fd());
  auto& tail = this->memory.core().tail.index;
  tail.store(10, std::memory_order_seq_cst);
  EXPECT_EQ(reader.try_peek(1).data.size(), 10U);
  tail.store(9, std::memory_order_seq_cst);
  EXPECT_EQ(reader.try_peek(1).error, errc::corrupted);
}

// An error that a call must not go by, or that is none.
TYPED_TEST(hostile, a_state_without_meaning_ends_the_stream) {
  constexpr std::uint64_t failed = 4;
  for (const auto error : {std::uint64_t{0}, portable_error(errc::would_block).word(),
                           std::uint64_t{77} << portable_error::free_bits, ~std::uint64_t{31}}) {
    const auto made = TypeParam::create(wanted);
    const typename TestFixture::region peer(made.fd());
    auto reader = TypeParam::reader::attach(made.fd());
    auto writer = TypeParam::writer::attach(made.fd());
    peer.core().status.word.store(failed | error, std::memory_order_seq_cst);
    std::array<std::byte, 10> bytes{};
    const auto first = reader.read(bytes).error;
    EXPECT_TRUE(first);
    EXPECT_NE(first, errc::would_block);
    EXPECT_EQ(writer.write(bytes).error, first);
    EXPECT_EQ(writer.drain(), first);
    peer.core().status.word.store(0, std::memory_order_seq_cst);
    EXPECT_EQ(reader.read(bytes).error, first) << "the first one wins";
    EXPECT_EQ(writer.write(bytes).error, first);
  }
}

TYPED_TEST(hostile, a_close_that_is_taken_back_is_a_close) {
  auto reader = TypeParam::reader::attach(this->ring.fd());
  auto writer = TypeParam::writer::attach(this->ring.fd());
  std::array<std::byte, 10> bytes{};
  writer.close();
  EXPECT_EQ(reader.read(bytes).error, errc::end_of_stream);
  this->memory.core().status.word.store(0, std::memory_order_seq_cst);
  EXPECT_EQ(writer.write(bytes).error, errc::closed);
  EXPECT_EQ(reader.read(bytes).error, errc::end_of_stream);
}

// The peer undoes what a wake goes with, while this end waits.
TYPED_TEST(hostile, a_wait_ends_though_the_peer_undoes_its_wakes) {
  auto reader = TypeParam::reader::attach(this->ring.fd());
  std::atomic<bool> over{false};
  // All of the core, but for the identities in front of it, as it was before anything happened.
  const auto core_bytes = sizeof(this->memory.core());
  auto* const core = reinterpret_cast<std::byte*>(&this->memory.core());
  const std::vector<std::byte> before(core, core + core_bytes);
  std::thread peer([&] {
    while (!over.load(std::memory_order_relaxed))
      std::copy(before.begin(), before.end(), reinterpret_cast<volatile std::byte*>(core));
  });
  std::array<std::byte, 10> bytes{};
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(reader.read(bytes, 1, stop.get_token()).error, errc::cancelled);
  EXPECT_EQ(reader.read(bytes, 1, 1ms).error, errc::timed_out);
  stopper.join();
  over = true;
  peer.join();
}

/// Random nonsense, now and then likely to be of use to whoever writes it.
class scribbler {
 public:
  scribbler(std::byte* to, std::size_t n, std::size_t capacity, std::uint64_t seed)
      : to_(to), words_(n / sizeof(std::uint32_t)), capacity_(capacity), random_(seed) {}

  void once() {
    auto* const word = reinterpret_cast<std::uint32_t*>(to_) + random_() % words_;
    const auto at = reinterpret_cast<std::uintptr_t>(word);
    if (at % sizeof(std::uint64_t) == 0 && random_() % 2 == 0) {
      auto& whole = *reinterpret_cast<std::uint64_t*>(word);
      std::atomic_ref<std::uint64_t>(whole).store(number(), std::memory_order_relaxed);
    } else {
      std::atomic_ref<std::uint32_t>(*word).store(static_cast<std::uint32_t>(number()),
                                                  std::memory_order_relaxed);
    }
  }

 private:
  std::uint64_t number() {
    const std::uint64_t chosen[] = {0,
                                    random_() % 64,
                                    random_() % (2 * capacity_),
                                    capacity_,
                                    std::numeric_limits<std::uint64_t>::max(),
                                    std::uint64_t{1} << random_() % 64,
                                    random_()};
    return chosen[random_() % std::size(chosen)];
  }

  std::byte* to_;
  std::size_t words_, capacity_;
  std::mt19937_64 random_;
};

// Whether `data` lies in the ring that begins at `base`, in `copies` copies.
template <class Byte>
bool lies_in(const span_pair<Byte>& data, const std::byte* base, std::size_t capacity,
             std::size_t copies) {
  const auto good = [&](auto piece) {
    if (piece.empty()) return true;
    const auto from = reinterpret_cast<std::uintptr_t>(piece.data());
    const auto start = reinterpret_cast<std::uintptr_t>(base);
    return from >= start && piece.size() <= capacity &&
           from + piece.size() <= start + copies * capacity;
  };
  return data.size() <= capacity && good(data.first) && good(data.second);
}

constexpr int rounds = 40;
constexpr int calls = 100;
constexpr auto soon = 100us;

// One process of the pair is honest, and so is what it does until it is told of an error; the
// seed is shown so that a failure can be had again.
TYPED_TEST(hostile, a_reader_keeps_to_its_memory_whatever_the_peer_writes) {
  constexpr bool mirrored =
      std::is_same_v<TypeParam, mirror_park> || std::is_same_v<TypeParam, mirror_yield>;
  const auto seed = std::random_device{}();
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ", round " << round);
    const auto made = TypeParam::create(wanted);
    const typename TestFixture::region peer(made.fd());
    const auto capacity = peer.data().size();
    auto reader = TypeParam::reader::attach(made.fd());
    // Where its memory begins.
    peer.core().tail.index.store(1, std::memory_order_seq_cst);
    const auto* const base = reader.try_peek(1).data.first.data();
    std::mt19937_64 random(seed + round);
    scribbler nonsense(reinterpret_cast<std::byte*>(&peer.header()),
                       TestFixture::shared_bytes(peer), capacity, random());
    std::atomic<bool> over{false};
    std::thread scribbling([&] {
      // In every other round only now and then, so that more is believed.
      while (!over.load(std::memory_order_relaxed)) {
        nonsense.once();
        if (round % 2 == 0) std::this_thread::yield();
      }
    });
    std::vector<std::byte> into(2 * capacity);
    std::error_code corrupt;
    for (int i = 0; i < calls; ++i) {
      const auto n = random() % (capacity + 10);
      const auto what = random() % 5;
      if (what < 2) {
        const auto seen = what == 0 ? reader.try_peek(n) : reader.peek(n, soon);
        ASSERT_TRUE(lies_in(seen.data, base, capacity, mirrored ? 2 : 1));
        std::byte sum{};
        for (const auto piece : {seen.data.first, seen.data.second}) {
          for (const auto byte : piece) sum ^= byte;
        }
        into[0] = sum;
        static_cast<void>(reader.consume(random() % (capacity + 10)));
        if (corrupt) {
          EXPECT_TRUE(seen.error);
        }
      } else {
        const auto to = bytes_span(into).first(n);
        const auto got = what == 2 ? reader.try_read(to) : reader.read(to, n / 2, soon);
        ASSERT_LE(got.bytes, n);
        if (got.error == errc::corrupted) corrupt = got.error;
        if (corrupt) {
          EXPECT_EQ(got.error, corrupt);
        }
      }
      EXPECT_LE(reader.size(), capacity);
      static_cast<void>(reader.stats());
    }
    if (round % 3 == 0) reader.close(std::make_error_code(std::errc::io_error));
    over = true;
    scribbling.join();
  }
}

TYPED_TEST(hostile, a_writer_keeps_to_its_memory_whatever_the_peer_writes) {
  constexpr bool mirrored =
      std::is_same_v<TypeParam, mirror_park> || std::is_same_v<TypeParam, mirror_yield>;
  const auto seed = std::random_device{}();
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ", round " << round);
    const auto made = TypeParam::create(wanted);
    const typename TestFixture::region peer(made.fd());
    const auto capacity = peer.data().size();
    auto writer = TypeParam::writer::attach(made.fd());
    const auto* const base = writer.try_reserve(1).memory.first.data();
    std::mt19937_64 random(seed + round);
    scribbler nonsense(reinterpret_cast<std::byte*>(&peer.header()),
                       TestFixture::shared_bytes(peer), capacity, random());
    std::atomic<bool> over{false};
    std::thread scribbling([&] {
      while (!over.load(std::memory_order_relaxed)) {
        nonsense.once();
        if (round % 2 == 0) std::this_thread::yield();
      }
    });
    const std::vector<std::byte> from(2 * capacity, std::byte{1});
    std::error_code corrupt;
    for (int i = 0; i < calls; ++i) {
      const auto n = random() % (capacity + 10);
      const auto what = random() % 6;
      if (what < 2) {
        const auto room = what == 0 ? writer.try_reserve(n) : writer.reserve(n, soon);
        ASSERT_TRUE(lies_in(room.memory, base, capacity, mirrored ? 2 : 1));
        for (const auto piece : {room.memory.first, room.memory.second})
          std::fill(piece.begin(), piece.end(), std::byte{2});
        static_cast<void>(writer.commit(random() % (capacity + 10)));
        if (corrupt) {
          EXPECT_TRUE(room.error);
        }
      } else if (what == 2) {
        EXPECT_TRUE(!corrupt || writer.drain(soon));
      } else {
        const auto bytes = bytes_view(from).first(n);
        const auto put = what == 3 ? writer.try_write(bytes) : writer.write(bytes, soon);
        ASSERT_LE(put.bytes, n);
        if (put.error == errc::corrupted) corrupt = put.error;
        if (corrupt) {
          EXPECT_EQ(put.error, corrupt);
        }
      }
      EXPECT_LE(writer.size(), capacity);
      static_cast<void>(writer.stats());
    }
    if (round % 3 == 0) writer.close(std::make_error_code(std::errc::io_error));
    over = true;
    scribbling.join();
  }
}

// As above, and whatever it looks like while an end attaches.
TYPED_TEST(hostile, attaching_to_nonsense_is_an_error_or_a_ring_of_the_right_size) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    const auto made = TypeParam::create(wanted);
    const typename TestFixture::region peer(made.fd());
    const auto capacity = peer.data().size();
    scribbler nonsense(reinterpret_cast<std::byte*>(&peer.header()), sizeof(shared_header),
                       capacity, random());
    for (auto n = random() % 8; n > 0; --n) nonsense.once();
    try {
      auto reader = TypeParam::reader::attach(made.fd());
      EXPECT_LE(reader.capacity(), pages::round_up(capacity, pages::base_bytes()));
      std::array<std::byte, 10> bytes{};
      static_cast<void>(reader.read(bytes, 1, 1ms));
    } catch (const std::system_error& error) {
      EXPECT_TRUE(error.code() == errc::not_a_shared_ring || error.code() == errc::end_taken)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace annulus::shared_tests
