#include "report/pages.hpp"

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

class pages : public testing::Test {
 protected:
  void SetUp() override {
    write_run(directory_ / "results/test-cpu-2cpu/run", fixed_samples());
    json environment = json::parse(read(set_ / "env.json"));
    environment["started"] = "2026-11-30T12:00:00Z";
    environment["build"] = {{"commit", "1a2b3c"}};
    write(set_ / "env.json", environment.dump());
  }
  [[nodiscard]] page page_of(const std::string& text) const {
    return {directory_.path(), "docs/a.md", text};
  }
  [[nodiscard]] std::string made(const std::string& words) const {
    return made_anew(page_of(block(words)), fake_suites());
  }
  // What is said of a page with that block, which stands from its line 2 on.
  [[nodiscard]] std::string refusal(const std::string& words) const {
    return message_of<error>([&] { static_cast<void>(made(words)); });
  }
  static std::string block(const std::string& words) {
    return "Before.\n<!-- annulus " + words + " -->\n<!-- annulus end -->\nAfter.\n";
  }
  [[nodiscard]] std::vector<std::string> wrong(const std::string& text) const {
    return wrong_in(page_of(text), fake_suites());
  }

  const temporary_directory directory_;
  const std::filesystem::path set_ = directory_ / "results/test-cpu-2cpu/run";
  const std::string table_ = "table results/test-cpu-2cpu/run";
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(pages, get_a_table_that_says_what_it_is_of) {
  const std::string text = made(table_);
  for (const char* const part :
       {"Before.\n<!-- annulus table results/test-cpu-2cpu/run -->\n"
        "[`run`](../results/test-cpu-2cpu/run): measured 2026-11-30 at revision `1a2b3c` on Test "
        "CPU, 2 CPUs, 1 NUMA node, Linux 6.1.\nfake: size 2MiB, placement none, memory any.\n",
        "\n### Sink: dir\n\n", "| mutex | ", "Fastest: futex, 805 MB/s.\n",
        "None of 39 samples was marked.\n<!-- annulus end -->\nAfter.\n"}) {
    EXPECT_TRUE(holds(text, part)) << part << '\n' << text;
  }
  EXPECT_EQ(made_anew(page_of(text), fake_suites()), text);
}

TEST_F(pages, are_right_until_somebody_changes_a_digit) {
  std::string text = made(table_);
  EXPECT_TRUE(wrong(text).empty());
  const auto at = text.find("805");
  ASSERT_NE(at, std::string::npos);
  text[at] = '9';
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const auto found = wrong(text);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].starts_with("docs/a.md:" + std::to_string(line) + ": there is \"| futex"))
      << found[0];
  EXPECT_TRUE(holds(found[0], "but the result set gives \"| futex")) << found[0];
}

TEST_F(pages, are_wrong_if_a_line_is_missing_or_too_many) {
  const std::string text = made(table_);
  std::string shorter = text;
  const auto last = shorter.find("None of 39");
  shorter.erase(last, shorter.find('\n', last) + 1 - last);
  ASSERT_EQ(wrong(shorter).size(), 1U);
  EXPECT_TRUE(holds(wrong(shorter)[0], "there is nothing, but")) << wrong(shorter)[0];
  std::string longer = text;
  longer.insert(longer.find("<!-- annulus end"), "By hand.\n");
  ASSERT_EQ(wrong(longer).size(), 1U);
  EXPECT_TRUE(holds(wrong(longer)[0], "there is \"By hand.\", but the result set gives nothing"));
}

TEST_F(pages, show_what_is_asked_for) {
  const std::string text = made(table_ + " section=null only=ring:futex figures=of_roof");
  EXPECT_FALSE(holds(text, "###")) << text;
  EXPECT_FALSE(holds(text, "mutex")) << text;
  EXPECT_FALSE(holds(text, "MB/s")) << text;
  EXPECT_TRUE(holds(text, "| futex |      |")) << text;
  EXPECT_TRUE(holds(text, "| copy  | roof |")) << text;
  EXPECT_TRUE(holds(text, "0.222")) << text;
  EXPECT_TRUE(holds(made(table_ + " section=null figures=cpu_seconds_per_gib"), "CPU-s/GiB"));
}

TEST_F(pages, say_what_a_run_decides) {
  const std::string text = made("decision results/test-cpu-2cpu/run");
  EXPECT_TRUE(holds(text, "\n\n- Sink null: ")) << text;
  EXPECT_TRUE(holds(text, "\n- Sink dir: ")) << text;
}

TEST_F(pages, have_what_can_be_written_in_a_matrix) {
  const std::string text = made("reference fake");
  EXPECT_TRUE(holds(text, "```toml\n# Every key of a matrix of the suite fake.")) << text;
}

TEST_F(pages, refuse_what_they_cannot_make) {
  EXPECT_EQ(refusal("figure x"),
            "docs/a.md:2: figure is no block; table, decision, claims and reference are");
  EXPECT_EQ(refusal("table"), "docs/a.md:2: it names no result set");
  EXPECT_EQ(refusal(table_ + " section=disk"),
            "docs/a.md:2: results/test-cpu-2cpu/run has no such cell");
  EXPECT_EQ(refusal(table_ + " colour=red"),
            "docs/a.md:2: a block of table has no option colour, only section, only, figures");
  EXPECT_TRUE(holds(refusal(table_ + " only=ring:green"), "only=ring must be one of mutex"));
  EXPECT_TRUE(holds(refusal(table_ + " figures=speed"), "speed"));
  EXPECT_TRUE(holds(refusal("table results/none"), "docs/a.md:2: "));
  EXPECT_EQ(wrong(block("table results/none")).size(), 1U);  // as one of several things, perhaps
}

TEST_F(pages, have_an_end_for_each_beginning) {
  const auto refused = [&](const std::string& text) {
    return message_of<error>([&] { made_anew(page_of(text), fake_suites()); });
  };
  EXPECT_EQ(refused("<!-- annulus table a -->\n"), "docs/a.md:1: it has no end");
  EXPECT_EQ(refused("\n<!-- annulus end -->\n"), "docs/a.md:2: it ends nothing");
  EXPECT_EQ(refused("<!-- annulus table a -->\n<!-- annulus table b -->\n"),
            "docs/a.md:2: the one before has no end");
  EXPECT_EQ(refused("<!-- annulus table a\n"), "docs/a.md:1: it must end in \" -->\" on its line");
}

TEST_F(pages, show_no_figure_of_another_run) {
  const std::string text = made(table_);
  EXPECT_TRUE(wrong("![Speed](../plots/run/speed.svg)\n" + text).empty());
  EXPECT_EQ(wrong("![Speed](../plots/other/speed.svg)\n" + text),
            (std::vector<std::string>{
                "docs/a.md:1: the figure is of other, of which no table of this page is"}));
}

TEST_F(pages, judge_claims_on_every_machine) {
  const std::string relation =
      "schema = 1\nname = 'NAME'\nstatement = 'One is faster.'\nsource = 'seed 000'\nsuite = "
      "'fake'\nmatrix = 'm'\n[relation]\nmetric = 'bytes_per_second'\nat_least = 1.5\nleft = { "
      "ring = 'futex', sink = 'dir' }\nright = { ring = 'mutex', sink = 'dir' }\n";
  std::filesystem::create_directories(directory_ / "harness/claims");
  for (const std::string name : {"ring-a", "other"}) {
    std::string text = relation;
    text.replace(text.find("NAME"), 4, name);
    write(directory_ / "harness/claims" / (name + ".toml"), text);
  }
  const auto other = directory_ / "results/other-cpu/run";
  std::filesystem::create_directories(other.parent_path());
  std::filesystem::copy(set_, other);
  json environment = json::parse(read(other / "env.json"));
  environment["machine"] = "other-cpu";
  write(other / "env.json", environment.dump());
  const std::string text = made("claims results/test-cpu-2cpu/run results/other-cpu/run of=ring");
  for (const char* const part :
       {"- [`run`](../results/other-cpu/run): measured 2026-11-30 at revision `1a2b3c` on Test CPU",
        "| test-cpu-2cpu ", "| other-cpu ",
        "| ring-a | One is faster. | at least 1.5 | -         | holds: 1.61 [1."}) {
    EXPECT_TRUE(holds(text, part)) << part << '\n' << text;
  }
  EXPECT_FALSE(holds(text, "| other |")) << text;
  EXPECT_TRUE(wrong(text).empty());
  EXPECT_EQ(refusal("claims results/other-cpu/run of=x"), "docs/a.md:2: there is no such claim");
}

}  // namespace
}  // namespace annulus::harness
