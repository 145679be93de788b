#include "damage.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "site.hpp"

namespace annulus::campaign {
namespace {

using change = void (*)(site&);

const std::map<std::string, change, std::less<>>& changes() {
  static const auto all = [] {
    std::map<std::string, change, std::less<>> named;
    for (const auto theme : {changes_of_bytes(), changes_of_frames(), changes_of_shards(),
                             changes_of_metadata(), changes_of_nodes(), changes_of_strangers()}) {
      for (const auto& each : theme) named.emplace(each.name, each.apply);
    }
    return named;
  }();
  return all;
}

}  // namespace

const std::vector<std::string>& operation_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& [name, what] : changes()) all.push_back(name);
    return all;
  }();
  return names;
}

bool is_operation(std::string_view name) {
  return changes().contains(name);
}

void apply(const operation& what, const scene& stored, const surroundings& where) {
  site here(what, stored, where);
  changes().at(what.name)(here);
}

void lay(const files& all, const fs::path& directory) {
  std::error_code ignored;  // a disk that is gone takes nothing
  fs::create_directory(directory, ignored);
  if (!is_real_directory(directory)) return;
  for (const auto& [name, bytes] : all) overwrite(directory / name, bytes);
}

void lay_instead(const files& all, const fs::path& directory) {
  remove_tree(directory);
  lay(all, directory);
}

}  // namespace annulus::campaign
