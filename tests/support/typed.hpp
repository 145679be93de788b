// TYPED_TEST and TYPED_TEST_SUITE as GoogleTest has them, but a third of the code for each type of
// each test: all that such a pair has of its own are a class with the test's body and one function
// that makes it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace annulus::testing {

using test_maker = ::testing::Test* (*)();

template <class Case>
::testing::Test* make_test() {
  return new Case;  // GoogleTest owns it.
}

// One test of every type of a suite.
inline bool enroll(const std::string& suite, const char* test, const char* file, int line,
                   const std::vector<std::string>& names,
                   std::initializer_list<test_maker> makers) {
  auto name = names.begin();
  for (const auto make : makers) {
    ::testing::RegisterTest((suite + "/" + *name++).c_str(), test, nullptr, nullptr, file, line,
                            make);
  }
  return true;
}

template <class Types, class Names>
struct typed;
template <class... Types, class Names>
struct typed<::testing::Types<Types...>, Names> {
  template <template <class> class Case>
  static bool enroll(const char* suite, const char* test, const char* file, int line) {
    return testing::enroll(suite, test, file, line, names(), {make_test<Case<Types>>...});
  }

 private:
  static std::vector<std::string> names() {
    int i = 0;
    return {Names::template GetName<Types>(i++)...};
  }
};

}  // namespace annulus::testing

#undef TYPED_TEST_SUITE
#define TYPED_TEST_SUITE(suite, types, names) \
  using suite##_types = ::annulus::testing::typed<types, names>

#undef TYPED_TEST
#define TYPED_TEST(suite, test)                                                        \
  template <class Type>                                                                \
  class suite##_##test##_Test : public suite<Type> {                                   \
    using TestFixture = suite<Type>;                                                   \
    using TypeParam = Type;                                                            \
    void TestBody() override;                                                          \
  };                                                                                   \
  [[maybe_unused]] const bool suite##_##test##_enrolled =                              \
      suite##_types::enroll<suite##_##test##_Test>(#suite, #test, __FILE__, __LINE__); \
  template <class Type>                                                                \
  void suite##_##test##_Test<Type>::TestBody()
