// The command with a fault of its own, as a script in front of it.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tree.hpp"

namespace annulus::campaign {

/// `fault` is a piece of shell that sees $command, $output, $root (where the disks are), $d0,
/// $json, $input and $real; what it does not end goes on with the command itself.
class fake_command {
 public:
  fake_command(const std::string& real, const std::string& fault)
      : path_((place_.path() / "annulus").string()) {
    overwrite(path_, fmt::format(R"(#!/bin/sh
real={}; command=$1; input=$2; root=; output=; json=; before=
for word in "$@"; do
  case $before in
    --disks) root=$(dirname "${{word%%,*}}") ;;
    --output) output=$word ;;
  esac
  [ "$word" = --json ] && json=1
  before=$word
done
[ "$output" = - ] && output=/dev/stdout
d0=$root/d0
no() {{ echo "annulus: no" >&2; exit 1; }}
{}
exec "$real" "$@"
)",
                                 real, fault));
    fs::permissions(path_, fs::perms::owner_all);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  workplace place_;
  std::string path_;
};

}  // namespace annulus::campaign
