// A stream between two processes, for each storage and each way of waiting.
#include <array>
#include <thread>
#include <tuple>

#include "process.hpp"

namespace annulus::shared_tests {
namespace {

using namespace std::chrono_literals;

template <class Ring>
class stream : public ::testing::Test {
 protected:
  static constexpr std::string_view name() {
    if (std::is_same_v<Ring, flat_park>) return "flat_park";
    if (std::is_same_v<Ring, flat_yield>) return "flat_yield";
    if (std::is_same_v<Ring, mirror_park>) return "mirror_park";
    return "mirror_yield";
  }
};
TYPED_TEST_SUITE(stream, all, names);

constexpr std::uint64_t sent = std::uint64_t{5} << 20;  // as "stream" in peer.cpp

TYPED_TEST(stream, comes_from_another_process) {
  const auto ring = TypeParam::create(60'000);
  auto reader = TypeParam::reader::attach(ring.fd());
  peer other(this->name(), "writer", "stream", ring.fd());
  const auto got = read_all(reader);
  EXPECT_EQ(got.end, errc::end_of_stream);
  EXPECT_EQ(got.bytes, sent);
  EXPECT_TRUE(got.right);
  EXPECT_EQ(other.wait(), 0);
}

TYPED_TEST(stream, goes_to_another_process) {
  const auto ring = TypeParam::create(60'000);
  auto writer = TypeParam::writer::attach(ring.fd());
  peer other(this->name(), "reader", "stream", ring.fd());
  EXPECT_FALSE(write_all(writer, sent).end);
  writer.close();
  EXPECT_EQ(other.wait(), 0) << "the peer checks every byte and the end";
}

TYPED_TEST(stream, runs_through_a_ring_of_one_byte_and_within_one_process) {
  const auto ring = TypeParam::create(1);
  auto writer = TypeParam::writer::attach(ring.fd());
  auto reader = TypeParam::reader::attach(ring.fd());
  std::jthread writing([&] {
    write_all(writer, 5000);
    writer.close();
  });
  const auto got = read_all(reader);
  EXPECT_EQ(got.bytes, 5000U);
  EXPECT_TRUE(got.right);
  EXPECT_EQ(got.end, errc::end_of_stream);
}

TYPED_TEST(stream, ends_cleanly_if_the_writer_closed_before_it_went) {
  const auto ring = TypeParam::create(sent);
  peer other(this->name(), "writer", "stream", ring.fd());
  EXPECT_EQ(other.wait(), 0);
  auto reader = TypeParam::reader::attach(ring.fd());  // long after
  const auto got = read_all(reader);
  EXPECT_EQ(got.end, errc::end_of_stream);
  EXPECT_EQ(got.bytes, sent);
  EXPECT_TRUE(got.right);
}

TYPED_TEST(stream, stops_if_the_reader_closes) {
  const auto ring = TypeParam::create(1000);
  auto writer = TypeParam::writer::attach(ring.fd());
  peer other(this->name(), "reader", "close", ring.fd());
  EXPECT_EQ(write_all(writer, sent).end, errc::closed);
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(writer.try_write(std::array<std::byte, 1>{}).error, errc::closed)
      << "that the process went after its close is no death";
}

TYPED_TEST(stream, carries_an_error_to_the_other_process) {
  const auto ring = TypeParam::create(1000);
  auto reader = TypeParam::reader::attach(ring.fd());
  peer other(this->name(), "writer", "fail", ring.fd());
  EXPECT_EQ(read_all(reader).end, std::errc::no_space_on_device);
}

// Whether its end was destroyed open, or the process exited without destroying it, or was gone
// before this one looked.
TYPED_TEST(stream, reports_a_writer_that_goes_without_a_close) {
  for (const char* const how : {"abandon", "exit"}) {
    for (const bool before : {false, true}) {
      SCOPED_TRACE(::testing::Message() << how << " before: " << before);
      const auto ring = TypeParam::create(5000);
      peer other(this->name(), "writer", how, ring.fd());
      if (before) {
        EXPECT_EQ(other.wait(), 0);
      }
      auto reader = TypeParam::reader::attach(ring.fd());
      const auto got = read_all(reader);
      EXPECT_EQ(got.end, errc::peer_died);
      EXPECT_EQ(got.bytes, 1000U);
      EXPECT_TRUE(got.right);
    }
  }
}

TYPED_TEST(stream, waits_no_longer_than_the_deadline_and_the_stop_token_allow) {
  const auto ring = TypeParam::create(10);
  auto writer = TypeParam::writer::attach(ring.fd());
  auto reader = TypeParam::reader::attach(ring.fd());
  std::byte one{};
  EXPECT_EQ(reader.read({&one, 1}, 1, 1ms).error, errc::timed_out);
  std::stop_source stop;
  std::jthread stopping([&] { stop.request_stop(); });
  EXPECT_EQ(reader.read({&one, 1}, 1, stop.get_token()).error, errc::cancelled);
  EXPECT_EQ(writer.reserve(writer.capacity() + 1).error, errc::exceeds_capacity);
  while (!writer.full()) EXPECT_FALSE(writer.write({&one, 1}).error);
  EXPECT_EQ(writer.reserve(1, 1ms).error, errc::timed_out);
  EXPECT_EQ(writer.drain(1ms), errc::timed_out);
}

TYPED_TEST(stream, is_failed_by_a_third_thread_while_both_ends_are_in_their_calls) {
  const auto broken = std::make_error_code(std::errc::io_error);
  for (const bool by_writer : {false, true}) {
    const auto ring = TypeParam::create(10);
    auto writer = TypeParam::writer::attach(ring.fd());
    auto reader = TypeParam::reader::attach(ring.fd());
    std::thread writing([&] {
      const std::array<std::byte, 7> bytes{};
      transfer step;
      while (!step.error) step = writer.write(bytes);
      EXPECT_EQ(step.error, broken);
    });
    std::thread reading([&] {
      std::array<std::byte, 5> got{};
      transfer step;
      while (!step.error) step = reader.read(got, got.size());
      EXPECT_EQ(step.error, broken);
    });
    while (reader.stats().reader.bytes < 100) std::this_thread::yield();
    by_writer ? writer.fail(broken) : reader.fail(broken);
    writing.join();
    reading.join();
  }
}

TYPED_TEST(stream, counts_the_bytes_of_both_ends) {
  const auto ring = TypeParam::create(100);
  auto writer = TypeParam::writer::attach(ring.fd());
  auto reader = TypeParam::reader::attach(ring.fd());
  std::array<std::byte, 30> bytes{};
  std::ignore = writer.write(bytes);
  std::ignore = reader.read(std::span(bytes).first(10), 10);
  EXPECT_EQ(writer.size(), 20U);
  EXPECT_EQ(reader.size(), 20U);
  EXPECT_EQ(writer.free(), writer.capacity() - 20);
  for (const auto& seen : {writer.stats(), reader.stats()}) {
    EXPECT_EQ(seen.writer.bytes, 30U);
    EXPECT_EQ(seen.reader.bytes, 10U);
  }
}

}  // namespace
}  // namespace annulus::shared_tests
