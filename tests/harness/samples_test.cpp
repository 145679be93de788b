#include "samples.hpp"

#include <sys/stat.h>

#include "support.hpp"

namespace annulus::harness {
namespace {

sample finished(std::size_t cell, int repetition) {
  sample out;
  out.cell = cell;
  out.key = {{"ring", "futex"}};
  out.repetition = repetition;
  out.spec = json::object();
  out.result = json{{"bytes", 1}};
  return out;
}

class samples : public testing::Test {
 protected:
  void append(const sample& value) { sample_writer(file_, bytes()).append(value); }
  [[nodiscard]] std::uint64_t bytes() const {
    return std::filesystem::exists(file_) ? read_samples(file_).whole_bytes : 0;
  }

  temporary_directory directory_;
  std::filesystem::path file_ = directory_ / "samples.jsonl";
};

TEST_F(samples, read_what_was_written) {
  append(finished(2, 1));
  sample failed = finished(3, 1);
  failed.result.reset();
  failed.error = "broken \"pipe\"\nand \xff bytes";
  append(failed);
  const sample_file found = read_samples(file_);
  ASSERT_EQ(found.samples.size(), 2U);
  EXPECT_FALSE(found.torn);
  EXPECT_EQ(found.samples[0].cell, 2U);
  EXPECT_EQ(found.samples[0].result, json({{"bytes", 1}}));
  EXPECT_FALSE(found.samples[1].result);
  EXPECT_EQ(found.samples[1].error->substr(0, 13), "broken \"pipe\"");
  EXPECT_EQ(found.whole_bytes, std::filesystem::file_size(file_));
}

TEST_F(samples, a_torn_last_line_is_tolerated_and_cut_off) {
  append(finished(0, 1));
  append(finished(1, 1));
  const std::string whole = read(file_);
  const std::size_t second = whole.find('\n') + 1;
  for (std::size_t cut = second + 1; cut < whole.size(); ++cut) {
    write(file_, whole.substr(0, cut));
    const sample_file found = read_samples(file_);
    EXPECT_TRUE(found.torn);
    EXPECT_EQ(found.samples.size(), 1U);
    EXPECT_EQ(found.whole_bytes, second);
  }
  append(finished(1, 1));
  EXPECT_EQ(read(file_), whole);
}

TEST_F(samples, an_ended_last_line_of_garbage_is_torn_too) {
  append(finished(0, 1));
  const std::string whole = read(file_);
  write(file_, whole + std::string(20, '\0') + "\n");
  EXPECT_TRUE(read_samples(file_).torn);
  EXPECT_EQ(read_samples(file_).whole_bytes, whole.size());
}

TEST_F(samples, any_other_bad_line_is_an_error_with_its_number) {
  append(finished(0, 1));
  const std::string line = read(file_);
  write(file_, line + "{\"cell\":\n" + line);
  EXPECT_NE(message_of<error>([&] { read_samples(file_); }).find("samples.jsonl, line 2: "),
            std::string::npos);
  write(file_, line + "{}\n");
  EXPECT_THROW(read_samples(file_), error);
  EXPECT_THROW(read_samples(directory_ / "none.jsonl"), error);
}

TEST_F(samples, whose_fields_are_of_another_type_or_range_are_refused) {
  append(finished(0, 1));
  const json good = json::parse(read(file_));
  const auto refused = [&](const char* field, const json& value) {
    json changed = good;
    changed[field] = value;
    write(file_, good.dump() + "\n" + changed.dump() + "\n" + good.dump() + "\n");
    return message_of<error>([&] { read_samples(file_); });
  };
  const std::string start = file_.string() + ", line 2: this is no sample: ";
  EXPECT_EQ(refused("cell", -1), start + "its cell must be a whole number from 0 to 100000");
  EXPECT_EQ(refused("cell", 1.5), start + "its cell must be a whole number from 0 to 100000");
  EXPECT_EQ(refused("repetition", 1e30),
            start + "its repetition must be a whole number from 0 to 100000");
  EXPECT_EQ(refused("key", json::array()), start + "its key must be an object");
  for (const json& value : {json("a\nb"), json("\"; system"), json(""), json(-1), json(0.5),
                            json::array(), json(std::string(65, 'x'))}) {
    EXPECT_EQ(refused("key", {{"ring", value}}),
              start + "its key must have a word, a whole number or a truth for each axis");
  }
  EXPECT_EQ(refused("key", {{"sink", "null"}}),
            start + "its key has other axes than that of line 1");
  EXPECT_EQ(refused("spec", 3), start + "its spec must be an object");
  EXPECT_EQ(refused("result", "none"), start + "its result must be an object");
  EXPECT_EQ(refused("error", "why"),
            start + "it must have a result, an error or why it was skipped");
}

TEST_F(samples, that_nest_too_deep_or_go_on_behind_their_end_are_refused) {
  append(finished(0, 1));
  const std::string line = read(file_);
  const std::string whole = line.substr(0, line.size() - 1);
  for (const std::string& bad : {std::string(300'000, '['), "{\"a\":" + std::string(300'000, '{'),
                                 whole + " 1", whole + whole}) {
    write(file_, line + bad + "\n" + line);
    EXPECT_EQ(message_of<error>([&] { read_samples(file_); }),
              file_.string() + ", line 2: this is no sample: it is no JSON object");
  }
}

TEST_F(samples, are_read_from_regular_files_only) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(message_of<error>([&] { read_samples(file_); }),
            file_.string() + " cannot be read: it is no regular file");
}

TEST_F(samples, the_last_of_a_repetition_counts) {
  sample failed = finished(1, 2);
  failed.result.reset();
  failed.error = "disk full";
  const std::vector<cell_results> found =
      by_cell({failed, finished(1, 1), finished(1, 2), finished(0, 1)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].cell, 0U);
  EXPECT_EQ(found[1].results.size(), 2U);
  EXPECT_TRUE(found[1].errors.empty());
}

}  // namespace
}  // namespace annulus::harness
