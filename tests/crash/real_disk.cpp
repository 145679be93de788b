#include "real_disk.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <annulus/core/unique_fd.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace annulus::crash {
namespace {

bool run_command(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

bool make_file(const std::string& file, const std::string& size) {
  return run_command("truncate -s " + size + " " + file);
}

bool make_file_system(const std::string& type, const std::string& on) {
  return run_command("mkfs." + type + " -q " + on);
}

}  // namespace

real_directory::real_directory() {
  auto name = (std::filesystem::temp_directory_path() / "annulus-crash-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

real_directory::~real_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

loop_image::loop_image(const std::string& type, const std::string& size) {
  const auto file = (here_.path() / "image").string();
  mount_ = (here_.path() / "mounted").string();
  std::filesystem::create_directory(mount_);
  mount_command_ = "mount -o loop " + file + " " + mount_;
  ready_ = make_file(file, size) && make_file_system(type, file) && up();
}

loop_image::~loop_image() {
  down();
}

bool loop_image::up() const {
  return run_command(mount_command_);
}

bool loop_image::down() const {
  return run_command("umount " + mount_);
}

bool loop_image::shut_down() const {
  return run_command("xfs_io -x -c shutdown " + mount_);
}

/// A file as a block device. Past the page cache of what the file lies on, if that can be.
class snapshot_image::device {
 public:
  explicit device(const std::filesystem::path& file) {
    // XFS writes past its cache to blocks that a copy shares only in whole blocks.
    const auto command =
        "losetup --find --show --direct-io=on --sector-size 4096 " + file.string() + " 2>/dev/null";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> from(::popen(command.c_str(), "r"),
                                                               ::pclose);
    for (int c = 0; from && (c = std::fgetc(from.get())) != EOF && c != '\n';) {
      name_ += static_cast<char>(c);
    }
  }
  ~device() {
    if (name_.empty()) return;
    run_command("losetup --detach " + name_);
    // Btrfs may know the device as the newer half of a pair, and refuse an older copy beside it.
    run_command("btrfs device scan --forget " + name_);
  }
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
};

snapshot_image::snapshot_image(const std::string& type, const std::string& size)
    : outer_("xfs", "1G"), type_(type), mount_(outer_.desk() / "inner") {
  if (!outer_.ready()) return;
  std::filesystem::create_directory(mount_);
  const auto first = file(second_);
  if (!make_file(first, size)) return;
  device_ = std::make_unique<device>(first);
  ready_ = make_file_system(type, device_->name()) && up();
}

snapshot_image::~snapshot_image() {
  down();
}

std::filesystem::path snapshot_image::file(bool second) const {
  return outer_.path() / (second ? "second" : "first");
}

bool snapshot_image::up() {
  mounted_ = run_command("mount -t " + type_ + " " + device_->name() + " " + mount_.string());
  return mounted_;
}

bool snapshot_image::down() {
  const bool done = !mounted_ || run_command("umount " + mount_.string());
  mounted_ = mounted_ && !done;
  device_.reset();
  return done;
}

bool snapshot_image::copy() const {
  const unique_fd from(::open(file(second_).c_str(), O_RDONLY | O_CLOEXEC));
  const unique_fd to(
      ::open(file(!second_).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  // XFS keeps writers out meanwhile, and takes what is still in its page cache along.
  return ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

bool snapshot_image::restart() {
  // Only one at a time: two file systems with one identity are refused.
  if (!down()) return false;
  second_ = !second_;
  device_ = std::make_unique<device>(file(second_));
  return up();
}

}  // namespace annulus::crash
