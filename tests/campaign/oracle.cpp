#include "oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>

#include "condition.hpp"
#include "damage.hpp"
#include "report_check.hpp"

namespace annulus::campaign {
namespace {

constexpr std::array<std::string_view, violations> names{
    "verify calls hurt objects whole",
    "verify calls untouched objects hurt",
    "unreadable although at most M shards were hurt",
    "get delivers wrong bytes",
    "a failed get leaves an output",
    "heal says healed, and it is not",
    "not healed although nothing lies in the way",
    "heal changed or lost a good shard",
    "a reader or a dry run changed something",
    "something outside or foreign was changed",
    "put refuses although nothing lies in the way",
    "a put that failed lost the object",
    "no end within the limit",
    "killed by a signal",
    "another exit status than 0 and 1",
    "a failure without one clear sentence",
    "--json prints no JSON",
};

// A case under way.
class examination {
 public:
  examination(const case_plan& plan, const scene& stored, const workplace& place,
              const oracle_options& how)
      : plan_(plan),
        stored_(stored),
        how_(how),
        root_(place.emptied("case")),
        where_{root_ / "disks", root_ / "outside"},
        random_(plan.stored.seed * 31 + plan.operations.size()) {
    materialise(stored.disks, where_.disks);
    overwrite(where_.disks / "bystander", "stands by");
    fs::create_directories(where_.outside);
    overwrite(where_.outside / "canary", "sings");
    fs::create_directory(root_ / "out");
    for (const auto& each : plan.operations) apply(each, stored, where_);
    outside_ = list(where_.outside);
    before_ = list(where_.disks);
    now_ = examine(stored, before_);
  }

  std::vector<finding> run() {
    using step = void (examination::*)();
    constexpr step steps[] = {&examination::get_all,    &examination::get_range,
                              &examination::verify,     &examination::readers_changed_nothing,
                              &examination::dry_run,    &examination::heal,
                              &examination::verify,     &examination::get_all,
                              &examination::put_another};
    for (const auto next : steps) {
      (this->*next)();
      if (stuck_) break;
    }
    nothing_outside_changed("the commands");
    return std::move(found_);
  }

 private:
  void violated(violation kind, const std::string& what) {
    // Once a kind: what follows from the first is no news.
    if (std::ranges::none_of(found_, [&](const auto& each) { return each.kind == kind; })) {
      found_.push_back({kind, what});
    }
  }

  bool one_in(unsigned n) { return random_() % n == 0; }

  run_result command(words arguments, const std::string& what, bool json = false) {
    if (json) arguments.emplace_back("--json");
    arguments.insert(arguments.begin(), how_.command);
    auto result = campaign::run(arguments, how_.limits);
    for (const auto& each : check_report(result, what, json)) {
      // A range may lie outside of what an older or a forged version says its size is.
      if (each.kind == violation::bad_status && result.status == 2 && !now_.newest_known) continue;
      violated(each.kind, each.what);
    }
    stuck_ = stuck_ || result.hung;
    return result;
  }

  [[nodiscard]] std::string disks() const { return disk_list(where_.disks, plan_.stored.disks()); }
  // A reader may name them in any order.
  std::string disks_in_any_order() {
    std::vector<unsigned> order(plan_.stored.disks());
    std::iota(order.begin(), order.end(), 0U);
    for (auto i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_() % i]);
    return disk_list(where_.disks, order);
  }

  // What a get may deliver: the newest version; the one before, if no disk says that there is a
  // newer; and of an object about whose newest version every disk lies, we demand nothing.
  [[nodiscard]] std::vector<const std::string*> deliverable() const {
    std::vector<const std::string*> all{&stored_.newest.bytes};
    if (!now_.newest_known) all.push_back(&stored_.older.bytes);
    return all;
  }
  [[nodiscard]] bool all_lie() const {
    return !now_.newest_known && std::ranges::any_of(plan_.operations, [](const operation& each) {
      return each.name.starts_with("forge");
    });
  }

  void get_all() {
    const bool to_stdout = one_in(4);
    check_get(to_stdout, std::nullopt);
  }

  void get_range() {
    const auto size = stored_.newest.bytes.size();
    if (size == 0) return;
    const auto first = random_() % size;
    const auto last = first + random_() % (size - first);
    check_get(one_in(4), std::pair(first, last));
  }

  void check_get(bool to_stdout, std::optional<std::pair<std::uint64_t, std::uint64_t>> range) {
    const auto output = root_ / "out" / "back";
    remove_tree(output);
    words arguments{"get",      object_name,
                    "--disks",  disks_in_any_order(),
                    "--output", to_stdout ? "-" : output.string()};
    std::string what = "get";
    if (range) {
      const auto text = fmt::format("{}-{}", range->first, range->second);
      arguments.insert(arguments.end(), {"--range", text});
      what += " --range " + text;
    }
    if (healed_) what += " after heal";
    const auto result = command(arguments, what);
    if (result.hung || result.status < 0) {
      // Whoever wants the object has it no more than behind a failure.
      if (now_.must_be_readable(stored_)) {
        violated(violation::unreadable, fmt::format("{} {} with {} of {} shards whole", what,
                                                    result.hung ? "does not end" : "is killed",
                                                    now_.whole.size(), plan_.stored.disks()));
      }
      return;
    }
    const auto bytes = to_stdout ? std::optional(result.out) : bytes_of(output);
    const auto expected = [&](const std::string& whole) {
      if (!range) return whole;
      return whole.substr(std::min<std::size_t>(range->first, whole.size()),
                          range->second - range->first + 1);
    };
    if (result.status == 0) {
      const auto right = [&](const std::string* each) { return bytes == expected(*each); };
      if (!all_lie() && std::ranges::none_of(deliverable(), right)) {
        violated(violation::wrong_bytes,
                 what + " ends with 0 and other bytes than were stored" +
                     (is_older(bytes) ? ": those of the older version" : ""));
      }
      return;
    }
    if (now_.must_be_readable(stored_)) {
      violated(violation::unreadable,
               fmt::format("{} fails with {} of {} shards whole: {}", what, now_.whole.size(),
                           plan_.stored.disks(), result.err));
    }
    if (to_stdout) {
      // What was delivered before the fault was met is right as far as it goes.
      const auto begins = [&](const std::string* each) {
        return expected(*each).starts_with(*bytes);
      };
      if (!all_lie() && std::ranges::none_of(deliverable(), begins)) {
        violated(violation::wrong_bytes, what + " fails, but has printed wrong bytes");
      }
    } else if (is_there(output)) {
      violated(violation::left_output, what + " fails and leaves its output");
    }
  }

  [[nodiscard]] bool is_older(const std::optional<std::string>& bytes) const {
    return bytes == stored_.older.bytes && stored_.older.bytes != stored_.newest.bytes;
  }

  void verify() {
    words arguments{"verify"};
    const bool all = one_in(2);
    if (!all) arguments.emplace_back(object_name);
    arguments.insert(arguments.end(), {"--disks", disks_in_any_order()});
    const std::string what = healed_ ? "verify after heal" : "verify";
    const auto result = command(arguments, what, one_in(2));
    if (result.hung || result.status < 0) return;
    if (result.status == 0 && now_.newest_known && now_.must_be_called_hurt(stored_)) {
      violated(violation::verify_calls_hurt_whole,
               fmt::format("{} ends with 0, but only {} of {} shards are whole", what,
                           now_.whole.size(), plan_.stored.disks()));
    }
    const bool others_whole = !all || now_.neighbours_whole;
    if (result.status != 0 && now_.must_be_called_whole(stored_) && others_whole) {
      violated(violation::verify_calls_whole_hurt,
               fmt::format("{} fails, but every shard is as put left it: {}{}", what, result.err,
                           result.out.substr(0, 300)));
    }
    if (result.status != 0 && heal_succeeded_ && others_whole) {
      violated(violation::healed_wrong,
               fmt::format("verify fails behind a heal that said healed: {}{}", result.err,
                           result.out.substr(0, 300)));
    }
  }

  void readers_changed_nothing() { unchanged("get or verify"); }

  void dry_run() {
    heal_command("heal --dry-run", {"--dry-run"});
    if (!stuck_) unchanged("heal --dry-run");
  }

  void unchanged(const std::string& what) {
    const auto after = list(where_.disks);
    if (const auto change = difference(before_, after); !change.empty()) {
      violated(violation::changed_by_reader, what + ": " + change);
      before_ = after;
    }
  }

  run_result heal_command(const std::string& what, const words& options) {
    words arguments{"heal"};
    healed_by_name_ = one_in(2);
    if (healed_by_name_) arguments.emplace_back(object_name);
    arguments.insert(arguments.end(), {"--disks", disks(), "--no-sync"});
    arguments.insert(arguments.end(), options.begin(), options.end());
    return command(arguments, what, one_in(2));
  }

  void heal() {
    const auto was = list(where_.disks);
    const auto hurt = now_;
    const auto result = heal_command("heal", {});
    const auto is = list(where_.disks);
    now_ = examine(stored_, is);
    healed_ = true;
    // Of all objects, one that no disk tells of any more is none.
    heal_succeeded_ = result.status == 0 && (healed_by_name_ || now_.newest_known);
    good_shards_kept(was, is, hurt);
    nothing_foreign_changed(hurt, "heal");
    if (result.hung || result.status < 0) return;
    const auto message = result.err + result.out.substr(0, 600);
    if (result.status != 0 && hurt.must_be_healed(stored_)) {
      violated(violation::not_healed,
               fmt::format("heal fails with {} of {} shards whole and nothing in the way: {}",
                           hurt.whole.size(), plan_.stored.disks(), message));
    }
    if (result.status == 0 && now_.newest_known && now_.must_be_called_hurt(stored_)) {
      violated(violation::healed_wrong,
               fmt::format("heal ends with 0, but only {} of {} shards are what put wrote: {}",
                           now_.whole.size(), plan_.stored.disks(), message));
    }
  }

  void good_shards_kept(const listing& was, const listing& is, const condition& hurt) {
    for (unsigned d = 0; d < hurt.disks.size(); ++d) {
      const auto& disk = hurt.disks[d];
      if (disk.holds != disk_condition::copy::exact || disk.shard != d) continue;
      const auto name = fmt::format("d{}/{}", d, object_name);
      if (const auto change = difference(below(was, name), below(is, name)); !change.empty()) {
        violated(violation::changed_good, fmt::format("heal: the good shard {}: {}", name, change));
      }
    }
    // Of two copies of a shard the one in its own place may be as good as whole.
    const auto is_kept = [&](unsigned shard) {
      return now_.whole.contains(shard) ||
             (hurt.possible.contains(shard) && now_.possible.contains(shard));
    };
    if (!std::ranges::all_of(hurt.whole, is_kept)) {
      violated(violation::changed_good, "heal: a shard that was whole is so nowhere any more");
    }
  }

  void nothing_foreign_changed(const condition& was, const std::string& what) {
    const auto touched = [&](const std::string& change) {
      if (!change.empty()) violated(violation::touched_outside, what + ": " + change);
    };
    touched(difference(without_times(was.strangers), without_times(now_.strangers)));
    // A heal of all objects may bring others back where they were lost.
    auto neighbours = now_.neighbours;
    std::erase_if(neighbours,
                  [&](const auto& each) { return !was.neighbours.contains(each.first); });
    touched(difference(was.neighbours, neighbours));
    for (unsigned d = 0; d < was.disks.size(); ++d) {
      if (!was.disks[d].foreign) continue;
      const auto name = fmt::format("d{}/{}", d, object_name);
      touched(difference(*was.disks[d].foreign, below(list(where_.disks), name)));
    }
    nothing_outside_changed(what);
  }

  // Of what lies on the disks a directory's time may change with a neighbour's, a stranger's not.
  static listing without_times(listing all) {
    for (auto& [name, what] : all) {
      if (what.what == entry::kind::directory) what.modified = 0;
    }
    return all;
  }

  void nothing_outside_changed(const std::string& what) {
    const auto now = list(where_.outside);
    if (const auto change = difference(outside_, now); !change.empty()) {
      violated(violation::touched_outside, fmt::format("{}: outside: {}", what, change));
    }
    if (bytes_of(where_.disks / "bystander") != "stands by") {
      violated(violation::touched_outside, what + ": the file beside the disks");
    }
  }

  void put_another() {
    const auto before = examine(stored_, list(where_.disks));
    const auto input = root_ / "out" / "input";
    const auto next =
        content_of(content_kind::random, plan_.stored.size / 2, plan_.stored.seed + 9);
    overwrite(input, next);
    auto arguments = put_words("", plan_.stored, input, object_name, where_.disks);
    arguments.erase(arguments.begin());
    const auto result = command(arguments, "put of a newer version");
    now_ = examine(stored_, list(where_.disks));
    nothing_foreign_changed(before, "put");
    if (result.hung || result.status < 0) return;
    const auto output = root_ / "out" / "back";
    remove_tree(output);
    const auto read =
        command({"get", object_name, "--disks", disks_in_any_order(), "--output", output.string()},
                "get behind a put");
    if (read.hung || read.status < 0) return;
    const auto bytes = bytes_of(output);
    if (result.status == 0) {
      if (read.status != 0) {
        violated(violation::unreadable, "get of what a put has just stored: " + read.err);
      } else if (bytes != next) {
        violated(violation::wrong_bytes, "get of what a put has just stored: other bytes");
      }
      return;
    }
    if (before.must_be_called_whole(stored_) && before.must_be_healed(stored_)) {
      violated(violation::not_stored, "put on untouched disks: " + result.err);
    }
    if (before.must_be_readable(stored_) && read.status != 0) {
      violated(violation::lost_by_put,
               fmt::format("put fails ({}), and so does get then: {}", result.err, read.err));
    }
    if (before.must_be_readable(stored_) && read.status == 0 && bytes != stored_.newest.bytes) {
      violated(violation::wrong_bytes, "get behind a put that failed: other bytes");
    }
  }

  const case_plan& plan_;
  const scene& stored_;
  const oracle_options& how_;
  const fs::path root_;
  const surroundings where_;
  std::mt19937_64 random_;
  listing outside_, before_;
  condition now_;
  bool healed_ = false, healed_by_name_ = false, heal_succeeded_ = false, stuck_ = false;
  std::vector<finding> found_;
};

}  // namespace

std::string_view to_string(violation kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

std::vector<finding> judge(const case_plan& plan, const scene& stored, const workplace& place,
                           const oracle_options& how) {
  return examination(plan, stored, place, how).run();
}

}  // namespace annulus::campaign
