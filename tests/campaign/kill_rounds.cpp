#include "kill_rounds.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/unique_fd.hpp>
#include <array>
#include <chrono>
#include <random>
#include <stdexcept>

#include "report_check.hpp"
#include "scene.hpp"

namespace annulus::campaign {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::array meetings{meeting::put_and_get, meeting::put_and_heal, meeting::put_and_put,
                              meeting::heal_and_get};
constexpr std::array<std::string_view, meetings.size()> names{"put-get", "put-heal", "put-put",
                                                              "heal-get"};

// A put and what came of it.
struct writing {
  std::string bytes{};
  run_result result{};
  bool killed = false;

  [[nodiscard]] bool acknowledged() const noexcept { return !killed && result.status == 0; }
  // A put that says that it failed has stored nothing; one that was killed may have.
  [[nodiscard]] bool may_be_there() const noexcept { return killed || result.status == 0; }
};

class round {
 public:
  round(const kill_options& how, std::uint64_t number, const workplace& place, bool durable,
        kill_result& count)
      : how_(how),
        count_(count),
        root_(place.emptied("round")),
        disks_(root_ / "disks"),
        durable_(durable) {
    std::seed_seq seeds{how.seed, static_cast<std::uint64_t>(how.what), number};
    random_.seed(seeds);
    constexpr std::array<std::pair<unsigned, unsigned>, 8> geometries{
        {{1, 1}, {2, 1}, {2, 2}, {3, 2}, {1, 2}, {2, 3}, {4, 2}, {6, 4}}};
    plan_.sink = number % 2 == 0 ? pipeline::sink_kind::dir : pipeline::sink_kind::chunks;
    std::tie(plan_.data, plan_.parity) = geometries[random_() % geometries.size()];
    plan_.block = 4096;
    for (unsigned d = 0; d < plan_.disks(); ++d) {
      fs::create_directories(disk_path(disks_, d) / "holiday");
      overwrite(disk_path(disks_, d) / "holiday" / "mine", "a stranger's");
    }
  }

  void play() {
    store_older();
    switch (how_.what) {
      case meeting::put_and_get:
        meet(put_words_of(first_), get_words(), first_);
        delivered_one_of_all("get beside a put");
        if (!other_killed_ && other_.status != 0) violated("get beside a put fails: " + other_.err);
        break;
      case meeting::put_and_heal:
        lose_some();
        meet(put_words_of(first_), heal_words(), first_);
        break;
      case meeting::put_and_put: {
        const auto one = held_back(put_words_of(first_));
        meet(one, held_back(put_words_of(second_)), first_, &second_);
        break;
      }
      case meeting::heal_and_get:
        lose_some();
        meet(heal_words(), get_words(), healing_);
        delivered_one_of_all("get beside a heal");
        if (!other_killed_ && other_.status != 0) {
          violated("get beside a heal fails with at most M shards lost: " + other_.err);
        }
        break;
    }
    judge();
  }

 private:
  void violated(const std::string& what) { faults_.push_back(what); }

  fs::path write_input(const std::string& name, const std::string& bytes) {
    overwrite(root_ / name, bytes);
    return root_ / name;
  }
  [[nodiscard]] std::string all_disks() const { return disk_list(disks_, plan_.disks()); }
  words put_words_of(writing& what) {
    // Small ones are published as soon as they are begun, large ones are killed while they are
    // read.
    const std::uint64_t sizes[] = {0, 1, 5000, 60'000, 400'000};
    what.bytes =
        content_of(content_kind::random, sizes[random_() % std::size(sizes)] + inputs_, random_());
    const auto input = write_input(fmt::format("input{}", inputs_++), what.bytes);
    auto put = put_words(how_.command, plan_, input, object_name, disks_);
    if (durable_) std::erase(put, "--no-sync");
    return put;
  }
  // The same put, of an input whose end comes for all at once: so that they publish at the same
  // time.
  words held_back(words put) {
    constexpr std::size_t a_pipe_holds = 65'536;
    auto& input = put[2];
    const auto bytes = bytes_of(input);
    if (!bytes || bytes->size() > a_pipe_holds || random_() % 4 == 0) return put;
    input += ".fifo";
    if (::mkfifo(input.c_str(), 0600) != 0) throw std::runtime_error("mkfifo fails");
    // For reading, too: it can be opened before the put has.
    unique_fd end(::open(input.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!end || ::write(end.get(), bytes->data(), bytes->size()) != std::ssize(*bytes)) {
      throw std::runtime_error("a pipe does not hold its input");
    }
    ends_.at(inputs_ - 2) = std::move(end);  // behind that of the older version
    return put;
  }
  // Once each that is held back has read all but the end, or has ended.
  void release(const child& first, const child& second) {
    const auto latest = clock::now() + how_.limits.time;
    const auto wait = [&](const child& put, const unique_fd& end) {
      constexpr std::chrono::microseconds look(100);
      int unread = 0;
      while (end && ::ioctl(end.get(), FIONREAD, &unread) == 0 && unread > 0 &&
             !put.ends_within(look) && clock::now() < latest) {
      }
    };
    wait(first, ends_[0]);
    wait(second, ends_[1]);
    ends_ = {};
  }
  [[nodiscard]] words get_words() const {
    return {how_.command,
            "get",
            object_name,
            "--disks",
            all_disks(),
            "--output",
            (root_ / "back").string()};
  }
  [[nodiscard]] words heal_words() const {
    return {how_.command, "heal", object_name, "--disks", all_disks(), "--no-sync"};
  }

  run_result run_whole(const words& command, const std::string& what) {
    const auto result = campaign::run(command, how_.limits);
    check(result, what);
    return result;
  }
  void check(const run_result& result, const std::string& what) {
    for (const auto& each : check_report(result, what, false)) violated(each.what);
  }

  void store_older() {
    const auto began = clock::now();
    older_.result = run_whole(put_words_of(older_), "the first put");
    typical_ = clock::now() - began;
    if (older_.result.status != 0) {
      throw std::runtime_error("the first put fails: " + older_.result.err);
    }
  }

  // At most M disks, as a heal should find them.
  void lose_some() {
    for (auto n = 1 + random_() % plan_.parity; n > 0; --n) {
      const auto object =
          disk_path(disks_, static_cast<unsigned>(random_() % plan_.disks())) / object_name;
      if (random_() % 2 == 0) {
        remove_tree(object);
      } else if (auto bytes = bytes_of(object / "part.1")) {
        bytes->resize(bytes->size() / 2);
        overwrite(object / "part.1", *bytes);
      }
    }
  }

  // Any moment of what takes about as long as the first put did, or a little behind it.
  std::chrono::nanoseconds moment() {
    return std::chrono::nanoseconds(random_() % (typical_.count() * 3 / 2 + 1));
  }

  // Starts both, kills either or both.
  void meet(const words& one, const words& two, writing& of_one, writing* of_two = nullptr) {
    remove_tree(root_ / "back");
    const auto between = moment() / 2;
    const auto first_dies = moment();
    const auto second_dies = moment();
    const std::uint64_t who = how_.kill ? 1 + random_() % 3 : 0;  // a bit each
    child first(one, how_.limits);
    if (random_() % 4 == 0) static_cast<void>(first.ends_within(between));
    child second(two, how_.limits);
    release(first, second);
    const auto began = clock::now();
    const auto kill_at = [&](child& which, std::chrono::nanoseconds at, bool& killed) {
      killed = !which.ends_within(std::max(std::chrono::nanoseconds(0),
                                           std::chrono::nanoseconds(began + at - clock::now())));
      if (killed) which.kill();
      count_.killed += killed ? 1U : 0U;
    };
    const bool first_goes_first = first_dies < second_dies;
    for (const bool is_first : {first_goes_first, !first_goes_first}) {
      if (is_first && (who & 1U) != 0) kill_at(first, first_dies, of_one.killed);
      if (!is_first && (who & 2U) != 0) kill_at(second, second_dies, other_killed_);
    }
    of_one.result = first.wait();
    other_ = second.wait();
    if (!of_one.killed) check(of_one.result, one[1]);
    if (!other_killed_) check(other_, two[1]);
    if (of_two != nullptr) {
      of_two->result = other_;
      of_two->killed = other_killed_;
    }
  }

  // A get that says that it has delivered, while others write.
  void delivered_one_of_all(const std::string& what) {
    if (other_killed_ || other_.status != 0) return;
    const auto bytes = bytes_of(root_ / "back");
    if (bytes != older_.bytes && (!first_.may_be_there() || bytes != first_.bytes)) {
      violated(what + " delivers neither version");
    }
  }

  [[nodiscard]] std::vector<const writing*> possible() const {
    std::vector<const writing*> all;
    const bool meets_put = how_.what != meeting::heal_and_get;
    const writing* const met[] = {&first_, &second_};
    const auto puts = how_.what == meeting::put_and_put ? 2U : meets_put ? 1U : 0U;
    bool acknowledged = false;
    for (const auto* const each : std::span(met).first(puts)) {
      if (each->may_be_there()) all.push_back(each);
      acknowledged = acknowledged || each->acknowledged();
    }
    if (!acknowledged) all.push_back(&older_);
    return all;
  }

  // The version that a get delivers; none if it is not one that may be there.
  const writing* read(const std::string& when) {
    remove_tree(root_ / "back");
    const auto result = run_whole(get_words(), "get " + when);
    const auto bytes = bytes_of(root_ / "back");
    if (result.status != 0) {
      violated(fmt::format("get {} fails: {}", when, result.err));
      return nullptr;
    }
    for (const auto* const each : possible()) {
      if (bytes == each->bytes) return each;
    }
    const bool lost = bytes == older_.bytes;
    violated(fmt::format("get {} delivers {}", when,
                         lost ? "the old version, although a put of a newer one was acknowledged"
                              : "bytes of no version that may be there"));
    return nullptr;
  }

  void judge() {
    for (const auto* const each : {&first_, &second_}) {
      if (!each->bytes.empty() && each->acknowledged()) ++count_.acknowledged;
    }
    // Without a kill nothing is left to mend but what was lost before.
    if (!how_.kill && how_.what == meeting::put_and_put) is_whole("behind the puts");
    const bool read_first = random_() % 2 == 0;
    const auto* const before = read_first ? read("behind the kills") : nullptr;
    const auto healed = run_whole(heal_words(), "the last heal");
    if (healed.status != 0) violated("the last heal fails: " + healed.err + healed.out);
    is_whole("behind the last heal");
    const auto* const after = read("behind the last heal");
    if (before != nullptr && after != nullptr && before != after) {
      violated("heal has put another version in place of the one that get delivered");
    }
    if (after == &older_) ++count_.older;
    for (unsigned d = 0; d < plan_.disks(); ++d) {
      if (bytes_of(disk_path(disks_, d) / "holiday" / "mine") != "a stranger's") {
        violated("a stranger's file on a disk was changed");
      }
    }
    ++count_.rounds;
    if (!faults_.empty()) ++count_.violations;
  }

  void is_whole(const std::string& when) {
    const auto result =
        run_whole({how_.command, "verify", object_name, "--disks", all_disks()}, "verify " + when);
    if (result.status != 0)
      violated(fmt::format("verify {} fails: {}{}", when, result.err, result.out));
  }

 public:
  [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return faults_; }
  [[nodiscard]] const stored_plan& plan() const noexcept { return plan_; }

 private:
  const kill_options& how_;
  kill_result& count_;
  const fs::path root_, disks_;
  const bool durable_;
  std::mt19937_64 random_;
  stored_plan plan_;
  unsigned inputs_ = 0;
  std::array<unique_fd, 2> ends_;  // of the inputs that are held back
  std::uint64_t size_ = 0;
  std::chrono::nanoseconds typical_{};
  writing older_, first_, second_, healing_;
  run_result other_;
  bool other_killed_ = false;
  std::vector<std::string> faults_;
};

}  // namespace

std::string_view to_string(meeting what) noexcept {
  return names[static_cast<std::size_t>(what)];
}

std::span<const meeting> all_meetings() noexcept {
  return meetings;
}

kill_result run_rounds(const kill_options& how) {
  // Puts that sync publish for so long that two of them do it at once.
  const bool durable = how.what == meeting::put_and_put;
  const workplace place(durable ? workplace::medium::disk : workplace::medium::memory);
  kill_result count;
  for (auto number = how.first; number < how.first + how.rounds; ++number) {
    round one(how, number, place, durable, count);
    one.play();
    for (const auto& fault : one.faults()) {
      how.say(fmt::format(
          "VIOLATION --what {} --seed {} --round {} ({} {}+{}): {}", to_string(how.what), how.seed,
          number, pipeline::to_string(one.plan().sink), one.plan().data, one.plan().parity, fault));
    }
  }
  return count;
}

}  // namespace annulus::campaign
