// The recorder: what it writes down is what happened to the files.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "directory.hpp"
#include "disk.hpp"
#include "payload.hpp"
#include "recording_files.hpp"
#include "workload.hpp"

namespace annulus::crash {
namespace {

TEST(recording, holds_each_change_once_and_in_order) {
  const scratch directory;
  recording_files files;
  files.begin({}, 0);
  const auto place = files.open_directory(directory.path());
  const auto made = files.open(place.fd.get(), "a", O_RDWR | O_CREAT);
  const std::string text = "12345";
  const auto all = view_of(text);
  const bytes_view parts[] = {all.first(2), all.subspan(2)};
  EXPECT_FALSE(files.write(made.fd.get(), parts, 3).error);
  EXPECT_FALSE(files.sync_data(made.fd.get()));
  files.mark(event::kind::appended, 7);
  EXPECT_FALSE(files.truncate(made.fd.get(), 4));
  // Opening what is there already changes nothing.
  EXPECT_FALSE(files.open(place.fd.get(), "a", O_RDONLY | O_CREAT).error);
  EXPECT_FALSE(files.rename(place.fd.get(), "a", "b"));
  EXPECT_FALSE(files.sync_directory(place.fd.get()));
  EXPECT_FALSE(files.remove(place.fd.get(), "b"));
  // What fails has not happened.
  EXPECT_TRUE(files.remove(place.fd.get(), "b"));
  EXPECT_TRUE(files.open(place.fd.get(), "none", O_RDONLY).error);

  const auto steps = files.take();
  std::vector<std::string> kinds;
  for (const auto& step : steps) kinds.emplace_back(name_of(step.what));
  EXPECT_EQ(kinds, (std::vector<std::string>{"create", "write", "sync file", "appended", "truncate",
                                             "rename", "sync directory", "remove"}));
  EXPECT_EQ(steps[1].data, "12345");
  EXPECT_EQ(steps[1].number, 3U);
  EXPECT_EQ(steps[3].number, 7U);
}

TEST(recording, played_on_the_model_gives_the_real_directory) {
  for (auto what : short_workloads()) {
    const scratch directory;
    recording_files files(recording_files::sites::no,
                          what.files ? *what.files : chunklog::system_files());
    files.begin({}, 0);
    {
      player log(what.shape, files, directory.path());
      what.play(log);
    }
    disk model;
    for (const auto& step : files.take()) model.apply(step);
    EXPECT_EQ(model.visible(), contents_of(directory.path())) << what.name;
  }
}

}  // namespace
}  // namespace annulus::crash
