// A locked log, all of which has been read.
#pragma once

#include <algorithm>
#include <annulus/chunklog/verify.hpp>
#include <optional>

#include "sentence.hpp"
#include "survey.hpp"

namespace annulus::chunklog {

struct opened_survey : status {
  std::optional<log_directory> directory{};  ///< set unless `error` is
  unique_fd lock{};
  survey found{};
};

inline opened_survey open_survey(const std::filesystem::path& path, lock_mode mode,
                                 const reading_options& how) {
  opened_survey opened;
  const auto failed = [&](status why) {
    static_cast<status&>(opened) = std::move(why);
    return std::move(opened);
  };
  auto& files = how.files != nullptr ? *how.files : system_files();
  auto made = open_log_directory(files, path);
  if (!made.ok()) return failed(std::move(made));
  opened.directory.emplace(std::move(*made.directory));
  auto lock = take_lock(*opened.directory, mode);
  if (!lock.ok()) return failed(std::move(lock));
  opened.lock = std::move(lock.fd);
  survey_options survey;
  survey.walk.salvage = true;
  survey.walk.progress = how.progress;
  survey.walk.stop = how.stop;
  survey.threads = threads_of(how.threads);
  opened.found = survey_log(*opened.directory, survey);
  if (!opened.found.ok()) return failed(std::move(opened.found));
  return opened;
}

}  // namespace annulus::chunklog
