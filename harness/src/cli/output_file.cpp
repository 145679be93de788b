#include "output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "command.hpp"

namespace annulus::cli {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

[[noreturn]] void refuse(const std::filesystem::path& target, const std::string& why) {
  throw failure(fmt::format("output {} cannot be written: {}", target.string(), why));
}

}  // namespace

output_file::output_file(const std::filesystem::path& target) : target_(target) {
  namespace fs = std::filesystem;
  if (target == "-") {
    fd_ = STDOUT_FILENO;
    return;
  }
  std::error_code absent;
  const auto kind = fs::status(target, absent).type();
  if (kind == fs::file_type::directory) refuse(target, "it is a directory");
  if (kind == fs::file_type::regular || kind == fs::file_type::not_found) {
    temporary_ =
        (target.parent_path() / fmt::format(".{}.annulus-XXXXXX", target.filename().string()))
            .string();
    owned_ = unique_fd(mkostemp(temporary_.data(), O_CLOEXEC));
    const auto mask = umask(0);
    umask(mask);
    if (owned_) fchmod(owned_.get(), 0666 & ~mask);
  } else {
    owned_ = unique_fd(::open(target.c_str(), O_WRONLY | O_CLOEXEC));
  }
  fd_ = owned_.get();
  if (!owned_) {
    const auto problem = last_error().message();
    temporary_.clear();
    refuse(target, problem);
  }
}

output_file::~output_file() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

std::error_code output_file::write(bytes_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

void output_file::commit() {
  if (temporary_.empty()) return;
  if (rename(temporary_.c_str(), target_.c_str()) != 0) refuse(target_, last_error().message());
  temporary_.clear();
}

}  // namespace annulus::cli
