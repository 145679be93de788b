#include "measure/samples.hpp"

#include <sys/stat.h>

#include <span>

#include "base/sha256.hpp"
#include "fixtures.hpp"

namespace annulus::harness {
namespace {

sample finished(std::size_t cell, int repetition) {
  sample out = fixed_cell(cell, {{"ring", "futex"}}, {1000}).at(0);
  out.repetition = repetition;
  return out;
}

sample failed(std::size_t cell, int repetition, const std::string& why) {
  sample out = finished(cell, repetition);
  out.result.reset();
  out.error = why;
  return out;
}

// A changed line as if it had been written so.
std::string signed_again(json line) {
  line.erase("check");
  const std::string text = line.dump();
  sha256 digest;
  digest.update(std::as_bytes(std::span(text)));
  line["check"] = digest.hex().substr(0, 16);
  return line.dump() + "\n";
}

class samples : public testing::Test {
 protected:
  void append(const sample& value) { sample_writer(file_, bytes()).append(value); }
  [[nodiscard]] std::uint64_t bytes() const {
    return std::filesystem::exists(file_) ? read_samples(file_).whole_bytes : 0;
  }
  [[nodiscard]] std::string refusal() const {
    return message_of<error>([&] { read_samples(file_); });
  }

  temporary_directory directory_;
  std::filesystem::path file_ = directory_ / "samples.jsonl";
  std::string second_ = file_.string() + ", line 2: this is no sample: ";
};

TEST_F(samples, read_what_was_written) {
  sample first = finished(2, 1);
  first.is_roof = true;
  first.spec = {{"started", "now"}};
  first.fitness = {{"others_percent", 0.1}, {"marks", json::array()}};
  first.result->metrics["third"] = 1.0 / 3;
  first.result->details = {{"pages", 3}};
  append(first);
  append(failed(3, 1, "broken \"pipe\"\nand \xff bytes"));
  sample third = finished(4, 0);
  third.result.reset();
  third.skipped = "no such node";
  append(third);
  const sample_file found = read_samples(file_);
  ASSERT_EQ(found.samples.size(), 3U);
  EXPECT_FALSE(found.torn);
  EXPECT_EQ(found.samples[0].cell, 2U);
  EXPECT_TRUE(found.samples[0].is_roof);
  EXPECT_FALSE(found.samples[1].is_roof);
  EXPECT_EQ(found.samples[0].spec, first.spec);
  EXPECT_EQ(found.samples[0].fitness, first.fitness);
  EXPECT_EQ(to_json(*found.samples[0].result), to_json(*first.result));
  EXPECT_FALSE(found.samples[1].result);
  EXPECT_EQ(found.samples[1].error->substr(0, 13), "broken \"pipe\"");
  EXPECT_EQ(found.samples[2].skipped, "no such node");
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

TEST_F(samples, a_digit_edited_anywhere_is_found_with_its_line) {
  append(finished(0, 1));
  append(finished(1, 1));
  const std::string whole = read(file_);
  const std::size_t second = whole.find('\n') + 1;
  std::size_t digits = 0;
  for (std::size_t at = second; at < whole.size(); ++at) {
    if (whole[at] < '0' || whole[at] > '9') continue;
    std::string edited = whole;
    edited[at] = edited[at] == '7' ? '8' : '7';
    write(file_, edited);
    EXPECT_EQ(refusal(), second_ + "it was changed after it had been written: its checksum differs")
        << edited.substr(second);
    ++digits;
  }
  EXPECT_GT(digits, 30U);
}

TEST_F(samples, a_line_without_a_checksum_is_none) {
  append(finished(0, 1));
  json line = json::parse(read(file_));
  line.erase("check");
  write(file_, read(file_) + line.dump() + "\n");
  EXPECT_EQ(refusal(), second_ + "its check must be a text of at most 64 bytes");
}

TEST_F(samples, any_other_bad_line_is_an_error_with_its_number) {
  append(finished(0, 1));
  const std::string line = read(file_);
  write(file_, line + "{\"cell\":\n" + line);
  EXPECT_NE(refusal().find("samples.jsonl, line 2: "), std::string::npos);
  write(file_, line + "{}\n");
  EXPECT_THROW(read_samples(file_), error);
  EXPECT_THROW(read_samples(directory_ / "none.jsonl"), error);
}

TEST_F(samples, whose_fields_are_of_another_type_or_range_are_refused) {
  append(finished(0, 1));
  const std::string good = read(file_);
  const auto refused = [&](const char* field, const json& value) {
    json changed = json::parse(good);
    changed[field] = value;
    write(file_, good + signed_again(changed) + good);
    return refusal();
  };
  EXPECT_EQ(refused("cell", -1), second_ + "its cell must be a whole number from 0 to 100000");
  EXPECT_EQ(refused("cell", 1.5), second_ + "its cell must be a whole number from 0 to 100000");
  EXPECT_EQ(refused("repetition", 1e30),
            second_ + "its repetition must be a whole number from 0 to 10000");
  EXPECT_EQ(refused("key", json::array()), second_ + "its key must be an object");
  for (const json& value : {json("a\nb"), json("\"; system"), json(""), json::array(),
                            json(nullptr), json(std::string(65, 'x'))}) {
    EXPECT_EQ(refused("key", {{"ring", value}}),
              second_ + "its key must have a word, a number or a truth for each axis");
  }
  EXPECT_EQ(refused("key", {{"sink", "null"}}),
            second_ + "its key has other axes than that of line 1");
  EXPECT_EQ(refused("spec", 3), second_ + "its spec must be an object");
  EXPECT_EQ(refused("fitness", 3), second_ + "its fitness must be an object");
  EXPECT_EQ(refused("result", "none"), second_ + "the cell's result must be a JSON object");
  EXPECT_EQ(refused("error", "why"),
            second_ + "it must have a result, an error or why it was skipped");
}

TEST_F(samples, that_nest_too_deep_or_go_on_behind_their_end_are_refused) {
  append(finished(0, 1));
  const std::string line = read(file_);
  const std::string whole = line.substr(0, line.size() - 1);
  for (const std::string& bad : {std::string(300'000, '['), "{\"a\":" + std::string(300'000, '{'),
                                 whole + " 1", whole + whole}) {
    write(file_, line + bad + "\n" + line);
    EXPECT_EQ(refusal(), second_ + "it is no JSON object");
  }
}

TEST_F(samples, are_read_from_regular_files_only) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), file_.string() + " cannot be read: it is no regular file");
}

TEST(by_cell, the_last_of_a_repetition_counts) {
  const std::vector<cell_samples> found =
      by_cell({failed(1, 2, "disk full"), finished(1, 1), finished(1, 2), finished(0, 1)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].cell, 0U);
  EXPECT_EQ(found[1].results.size(), 2U);
  EXPECT_TRUE(found[1].errors.empty());
}

TEST(by_cell, what_was_measured_in_bad_company_stands_apart) {
  sample marked = finished(0, 2);
  marked.fitness = {{"marks", {"others"}}};
  sample good = finished(0, 1);
  good.fitness = {{"marks", json::array()}};
  EXPECT_TRUE(marked.is_marked());
  EXPECT_FALSE(good.is_marked());
  EXPECT_FALSE(finished(0, 3).is_marked()) << "not judged";
  const std::vector<cell_samples> found = by_cell({good, marked});
  EXPECT_TRUE(found.at(0).results.contains(1));
  EXPECT_EQ(found.at(0).results.size(), 1U);
  EXPECT_TRUE(found.at(0).marked.contains(2));
}

}  // namespace
}  // namespace annulus::harness
