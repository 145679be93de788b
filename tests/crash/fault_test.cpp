// Every call of the seam fails once, or from some time on: nothing hangs, the error stays, and what
// was confirmed or delivered is there afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <annulus/chunklog/direct_writer.hpp>
#include <sstream>

#include "directory.hpp"
#include "faulting_files.hpp"
#include "payload.hpp"
#include "reopening.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;

struct lived {
  std::error_code error{};  // the first
  std::string message{};
  bool closed = false;             // without an error
  std::uint64_t accepted = 0;      // append said yes
  std::uint64_t confirmed = 0;     // sync said yes
  std::uint64_t delivered = 0;     // next gave it
  std::uint64_t acknowledged = 0;  // by the reader
  std::uint64_t gone = 0;          // acknowledged and synced
  std::string broken{};            // what a log with an error must not do
};

// Writes, rolls, reads, acknowledges and deletes, until something fails.
class life {
 public:
  explicit life(const log_shape& shape) : shape_(shape) {}

  lived run(const std::filesystem::path& directory, chunklog::file_system& files) {
    auto how = shape_.how;
    how.files = &files;
    auto opened = chunk_log::open(directory, how);
    if (!ok(opened)) return now_;
    auto& log = *opened.log;
    for (int round = 0; round < 5 && !now_.error; ++round) {
      for (int i = 0; i < 3 && append(log); ++i) {
      }
      if (now_.error || !ok(log.writer().flush()) || !consume(log, 2)) break;
      const auto ends = now_.acknowledged;
      if (!ok(log.writer().sync())) break;
      now_.confirmed = now_.accepted;
      now_.gone = ends;
    }
    if (now_.error) sticks(log);
    const auto done = log.close();
    now_.closed = done.ok();
    if (!now_.error) ok(done);
    return now_;
  }

 private:
  bool ok(const chunklog::status& done) {
    if (!done.ok() && !now_.error) {
      now_.error = done.error;
      now_.message = done.message;
    }
    return done.ok();
  }
  bool append(chunk_log& log) {
    const auto id = now_.accepted + 1;
    const auto done = log.writer().append(view_of(payload_of(id, first_life, shape_.size(id))));
    if (done.ok()) now_.accepted = done.id;
    return ok(done);
  }
  bool consume(chunk_log& log, int records) {
    for (; records > 0; --records) {
      const auto record = log.reader().next();
      if (!ok(record)) {
        // A reader's own error poisons nothing, and the record is still to come.
        read_failed_ = true;
        return false;
      }
      if (lives_of(record.id, record.payload, shape_.size(record.id)) == 0) {
        now_.broken = "a wrong payload is delivered";
      }
      now_.delivered = record.id;
      if (!ok(log.reader().acknowledge(record.id))) return false;
      now_.acknowledged = record.id;
    }
    return true;
  }
  void sticks(chunk_log& log) {
    if (read_failed_) return;
    for (const auto& again : {chunklog::status(log.writer().append(view_of("x"))),
                              log.writer().flush(), log.writer().sync(), log.reader().sync()}) {
      if (again.error != now_.error) {
        now_.broken = "the error is forgotten: " + now_.message + ", then " + again.message;
      }
    }
  }

  const log_shape& shape_;
  lived now_{};
  bool read_failed_ = false;
};

// The same of a log that its caller writes, and acknowledges.
lived live_directly(const log_shape& shape, const std::filesystem::path& directory,
                    chunklog::file_system& files) {
  lived now;
  const auto ok = [&](const chunklog::status& done) {
    if (!done.ok() && !now.error) {
      now.error = done.error;
      now.message = done.message;
    }
    return done.ok();
  };
  auto how = shape.how;
  how.files = &files;
  auto opened = chunklog::direct_writer::open(directory, how);
  if (!ok(opened)) return now;
  auto& log = *opened.log;
  for (int round = 0; round < 5 && !now.error; ++round) {
    for (int i = 0; i < 3 && !now.error; ++i) {
      const auto id = now.accepted + 1;
      const auto text = payload_of(id, first_life, shape.size(id));
      if (ok(log.append(view_of(text)))) now.accepted = id;
    }
    if (now.error) break;
    const auto first = now.acknowledged + 1;
    now.acknowledged += 2;
    if (!ok(log.acknowledge(first, now.acknowledged)) || !ok(log.sync())) break;
    now.confirmed = log.durable_id();
    now.gone = now.acknowledged;
  }
  if (now.error) {
    for (const auto& again : {chunklog::status(log.append(view_of("x"))), log.sync()}) {
      if (again.error != now.error) now.broken = "the error is forgotten: " + again.message;
    }
  }
  const auto done = log.close();
  now.closed = done.ok();
  if (!now.error) ok(done);
  return now;
}

lived live(const log_shape& shape, const std::filesystem::path& directory,
           chunklog::file_system& files) {
  return shape.direct ? live_directly(shape, directory, files) : life(shape).run(directory, files);
}

class fault : public ::testing::TestWithParam<std::tuple<call, bool>> {};

TEST_P(fault, at_each_call_loses_nothing_that_was_confirmed) {
  const auto [failing, direct] = GetParam();
  log_shape shape;
  shape.how.chunk_bytes = 400;
  shape.direct = direct;
  shape.size = [](std::uint64_t id) { return 40 + id * 17 % 90; };
  std::string at = "before the first";
  std::mutex guarded;
  const watchdog guard([&] {
    const std::scoped_lock hold(guarded);
    return at;
  });
  std::uint64_t total = 0;
  {
    const scratch directory;
    faulting_files files({failing, 0, EIO, false, false});
    const auto all = live(shape, directory.path(), files);
    EXPECT_FALSE(all.error) << all.message;
    total = files.calls();
  }
  const bool reads = failing == call::size || failing == call::read;
  if (failing != call::rename && failing != call::truncate && !(direct && reads)) {
    EXPECT_GT(total, 0U);
  }
  std::uint64_t failures = 0;
  for (std::uint64_t nth = 1; nth <= total; ++nth) {
    for (const int error : {EIO, ENOSPC}) {
      for (const int form : {0, 1, 2, 3}) {
        const injection what{failing, nth, error, (form & 1) != 0, (form & 2) != 0};
        if (what.partial && what.what != call::write) continue;
        std::ostringstream words;
        words << name_of(what.what) << " number " << nth << (what.lasting ? " and on" : "")
              << (what.partial ? ", half done" : "") << ": error " << error;
        {
          const std::scoped_lock hold(guarded);
          at = words.str();
        }
        const scratch directory;
        lived before;
        {
          faulting_files files(what);
          before = live(shape, directory.path(), files);
          failures += files.failed() ? 1 : 0;
          if (!files.failed()) continue;
        }
        ASSERT_EQ(before.broken, "") << at;
        auto after = chunk_log::open(directory.path(), shape.how);
        ASSERT_TRUE(after.ok()) << at << ": " << after.message;
        const auto last = after.found.next_id - 1;
        EXPECT_GE(last, std::max(before.confirmed, before.delivered)) << at;
        EXPECT_GE(after.found.acknowledged, before.gone) << at;
        EXPECT_LE(after.found.acknowledged, before.acknowledged) << at;
        // What was accepted is there, or somebody was told.
        if (before.closed) {
          EXPECT_EQ(last, before.accepted) << at;
        }
        EXPECT_LE(last, before.accepted + 1) << at;
        for (auto id = after.found.acknowledged + 1; id <= last; ++id) {
          const auto record = after.log->reader().next();
          ASSERT_TRUE(record.ok()) << at << ": " << record.message;
          ASSERT_EQ(record.id, id) << at;
          if (id > before.accepted) continue;
          ASSERT_NE(lives_of(id, record.payload, shape.size(id)), 0) << at;
        }
      }
    }
  }
  EXPECT_GE(failures, total);
}

INSTANTIATE_TEST_SUITE_P(all, fault,
                         ::testing::Combine(::testing::ValuesIn(all_calls), ::testing::Bool()),
                         [](const auto& each) {
                           const std::string failing = name_of(std::get<call>(each.param));
                           return failing + (std::get<bool>(each.param) ? "_direct" : "");
                         });

}  // namespace
}  // namespace annulus::crash
