#include <annulus/chunklog/direct_writer.hpp>

#include "direct_core.hpp"

namespace annulus::chunklog {

direct_writer::direct_writer(std::unique_ptr<direct_core> core) : core_(std::move(core)) {
}
direct_writer::~direct_writer() = default;
direct_writer::direct_writer(direct_writer&& other) noexcept = default;
direct_writer& direct_writer::operator=(direct_writer&& other) noexcept = default;

opened_direct direct_writer::open(const std::filesystem::path& path, const options& how) {
  return start(open_files(path, how), how);
}
opened_direct direct_writer::open(int directory, const std::filesystem::path& path,
                                  const options& how) {
  return start(open_files(directory, path, how), how);
}
opened_direct direct_writer::start(opened_files files, const options& how) {
  if (!files.ok()) return {std::move(files), {}, {}};
  auto found = files.ready.report;
  return {
      {}, direct_writer(std::make_unique<direct_core>(std::move(files), how)), std::move(found)};
}

appended direct_writer::append(std::span<const bytes_view> parts) {
  return core_->append(parts);
}
appended_batch direct_writer::append_batch(std::span<const bytes_view> payloads) {
  return core_->append_batch(payloads);
}
status direct_writer::sync() {
  return core_->sync();
}
status direct_writer::close() {
  return core_->close();
}
std::uint64_t direct_writer::durable_id() const noexcept {
  return core_->durable_id();
}
status direct_writer::acknowledge(std::uint64_t first, std::uint64_t last) {
  return core_->acknowledge(first, last);
}
log_stats direct_writer::stats() const {
  log_stats now;
  core_->count(now);
  return now;
}

}  // namespace annulus::chunklog
