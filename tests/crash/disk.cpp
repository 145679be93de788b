#include "disk.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace annulus::crash {
namespace {

// A list that keeps each value once, in the order in which they came.
class distinct {
 public:
  void add(std::string value) {
    if (seen_.insert(value).second) list_.push_back(std::move(value));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(list_); }

 private:
  std::set<std::string> seen_;
  std::vector<std::string> list_;
};

}  // namespace

disk::disk(const image& content) {
  for (const auto& [name, bytes] : content) {
    names_[name] = next_file();
    files_.push_back({bytes, {}});
  }
  durable_names_ = names_;
}

void disk::change_bytes(std::string& bytes, const change& by) {
  if (by.truncation) {
    bytes.resize(by.offset);
    return;
  }
  if (bytes.size() < by.offset + by.bytes.size()) bytes.resize(by.offset + by.bytes.size());
  bytes.replace(by.offset, by.bytes.size(), by.bytes);
}

void disk::change_names(directory& names, const renaming& by) {
  int file = by.file;
  if (!by.from.empty()) {
    const auto old = names.find(by.from);
    if (old == names.end()) return;  // its creation did not reach the disk
    file = old->second;
    names.erase(old);
  }
  if (!by.to.empty()) names[by.to] = file;
}

void disk::apply(const event& step) {
  const auto at = [&]() -> file& { return files_.at(static_cast<std::size_t>(step.file)); };
  const auto rename = [&](renaming by) {
    change_names(names_, by);
    pending_names_.push_back(std::move(by));
  };
  switch (step.what) {
    case event::kind::create:
      if (step.file != next_file()) throw std::logic_error("files are numbered as they come");
      files_.emplace_back();
      return rename({{}, step.name, step.file});
    case event::kind::write:
      return at().pending.push_back({false, step.number, step.data});
    case event::kind::truncate:
      return at().pending.push_back({true, step.number, {}});
    case event::kind::rename:
      return rename({step.name, step.to, -1});
    case event::kind::remove:
      return rename({step.name, {}, -1});
    case event::kind::sync_file:
      for (const auto& each : at().pending) change_bytes(at().durable, each);
      return at().pending.clear();
    case event::kind::sync_directory:
      durable_names_ = names_;
      return pending_names_.clear();
    default:
      return;
  }
}

image disk::visible() const {
  image all;
  for (const auto& [name, number] : names_) {
    const auto& of = files_[static_cast<std::size_t>(number)];
    auto& bytes = all[name] = of.durable;
    for (const auto& each : of.pending) change_bytes(bytes, each);
  }
  return all;
}

std::vector<std::string> disk::contents(const file& of) {
  distinct found;
  const auto& pending = of.pending;
  auto whole = of.durable;
  for (const auto& each : pending) change_bytes(whole, each);
  const auto add = [&](std::string bytes) {
    // The size may be on the disk before the bytes are.
    auto grown = bytes;
    if (grown.size() < whole.size()) grown.resize(whole.size());
    found.add(std::move(bytes));
    found.add(std::move(grown));
  };
  found.add(of.durable);
  found.add(whole);
  add(of.durable);
  auto prefix = of.durable;
  for (std::size_t k = 0; k < pending.size(); ++k) {
    const auto& one = pending[k];
    // Without this one, with all behind it.
    auto without = prefix;
    for (auto later = k + 1; later < pending.size(); ++later) {
      change_bytes(without, pending[later]);
    }
    add(std::move(without));
    if (!one.truncation) {
      // Torn: only up to a border, only from it on, or all but what is between two.
      const auto end = one.offset + one.bytes.size();
      const auto unit = one.bytes.size() > 16 * sector_bytes ? page_bytes : sector_bytes;
      const auto part = [&](std::string bytes, std::uint64_t from, std::uint64_t to) {
        change_bytes(bytes, {false, from, one.bytes.substr(from - one.offset, to - from)});
        return bytes;
      };
      auto before = one.offset;
      for (auto border = (one.offset / unit + 1) * unit; border < end; border += unit) {
        const auto head = part(prefix, one.offset, border);
        const auto tail = part(prefix, border, end);
        const auto holed =
            before > one.offset ? part(part(prefix, one.offset, before), border, end) : tail;
        for (const auto& torn : {head, tail, holed}) {
          add(torn);
          auto followed = torn;
          for (auto later = k + 1; later < pending.size(); ++later) {
            change_bytes(followed, pending[later]);
          }
          add(std::move(followed));
        }
        before = border;
      }
    }
    auto empty = prefix;
    change_bytes(prefix, one);
    if (empty.size() < prefix.size()) {
      empty.resize(prefix.size());
      add(std::move(empty));
    }
    add(prefix);
  }
  return found.take();
}

std::vector<disk::directory> disk::directories() const {
  std::set<directory> seen;
  std::vector<directory> found;
  const auto add = [&](const directory& names) {
    if (seen.insert(names).second) found.push_back(names);
  };
  add(durable_names_);
  add(names_);
  auto prefix = durable_names_;
  for (std::size_t k = 0; k < pending_names_.size(); ++k) {
    auto without = prefix;
    auto alone = durable_names_;
    change_names(alone, pending_names_[k]);
    for (auto later = k + 1; later < pending_names_.size(); ++later) {
      change_names(without, pending_names_[later]);
    }
    add(without);
    add(alone);
    change_names(prefix, pending_names_[k]);
    add(prefix);
  }
  return found;
}

std::vector<image> disk::states(std::size_t limit, std::mt19937_64& random) const {
  std::map<int, std::vector<std::string>> versions;
  const auto versions_of = [&](int number) -> const std::vector<std::string>& {
    auto& known = versions[number];
    if (known.empty()) known = contents(files_[static_cast<std::size_t>(number)]);
    return known;
  };
  std::set<image> seen;
  std::vector<image> found;
  const auto add = [&](image one) {
    if (seen.insert(one).second) found.push_back(std::move(one));
  };
  // `choose` picks a version of each file.
  const auto build = [&](const directory& names, auto choose) {
    image one;
    for (const auto& [name, number] : names) one[name] = choose(versions_of(number));
    return one;
  };
  const auto none = [](const auto& all) { return all[0]; };
  const auto everything = [](const auto& all) { return all.size() > 1 ? all[1] : all[0]; };
  const auto all_names = directories();

  std::size_t total = 0;
  for (const auto& names : all_names) {
    std::size_t product = 1;
    for (const auto& [name, number] : names) {
      product = std::min(product * versions_of(number).size(), limit + 1);
    }
    total = std::min(total + product, limit + 1);
  }
  if (total <= limit) {
    for (const auto& names : all_names) {
      std::vector<image> partial{{}};
      for (const auto& [name, number] : names) {
        std::vector<image> longer;
        for (const auto& base : partial) {
          for (const auto& bytes : versions_of(number)) {
            longer.push_back(base);
            longer.back()[name] = bytes;
          }
        }
        partial = std::move(longer);
      }
      for (auto& one : partial) add(std::move(one));
    }
    return found;
  }
  // Too many: each extreme, each version of one file beside extremes of the others, then chance.
  for (const auto& names : all_names) {
    add(build(names, none));
    add(build(names, everything));
  }
  std::vector<image> single;
  for (const auto& [varied, number] : names_) {
    for (const auto& bytes : versions_of(number)) {
      single.push_back(build(names_, none));
      single.back()[varied] = bytes;
      single.push_back(build(names_, everything));
      single.back()[varied] = bytes;
    }
  }
  std::shuffle(single.begin(), single.end(), random);
  for (auto& one : single) {
    if (found.size() >= limit * 3 / 4) break;
    add(std::move(one));
  }
  const auto any = [&random](const auto& all) { return all[random() % all.size()]; };
  for (auto tries = limit; found.size() < limit && tries > 0; --tries) {
    add(build(all_names[random() % all_names.size()], any));
  }
  return found;
}

}  // namespace annulus::crash
