#include "directory.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::string_view chunk_suffix = ".chunk";
constexpr std::size_t number_digits = 4;

}  // namespace

std::string chunk_name(chunk_number number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (int shift = 12; shift >= 0; shift -= 4) name += digits[(number >> shift) & 0xF];
  return name.append(chunk_suffix);
}

std::optional<chunk_number> chunk_number_of(const std::string& name) {
  chunk_number number = 0;
  if (name.size() != number_digits + chunk_suffix.size()) return std::nullopt;
  const auto parsed = std::from_chars(name.data(), name.data() + number_digits, number, 16);
  // Writing it back refuses what is no number, upper-case digits and other suffixes at once.
  if (parsed.ec != std::errc{} || chunk_name(number) != name) return std::nullopt;
  return number;
}

std::vector<chunk_number> in_written_order(std::vector<chunk_number> numbers) {
  if (numbers.empty()) return numbers;
  std::sort(numbers.begin(), numbers.end());
  auto oldest = numbers.begin();
  int longest = 0x10000 + numbers.front() - numbers.back();
  for (auto next = numbers.begin() + 1; next != numbers.end(); ++next) {
    const int run = *next - *(next - 1);
    if (run > longest) {
      longest = run;
      oldest = next;
    }
  }
  std::rotate(numbers.begin(), oldest, numbers.end());
  return numbers;
}

chunk_list list_chunks(const log_directory& directory) {
  const auto found = directory.files.list(directory.fd.get());
  chunk_list chunks;
  if (found.error) {
    static_cast<status&>(chunks) =
        failure(found.error, directory.path.string(), " cannot be listed");
    return chunks;
  }
  for (const auto& entry : found.entries) {
    const auto number = chunk_number_of(entry.name);
    if (number) (entry.regular ? chunks.numbers : chunks.others).push_back(*number);
  }
  chunks.numbers = in_written_order(std::move(chunks.numbers));
  return chunks;
}

namespace {

opened_directory as_directory(file_system& files, const std::filesystem::path& path,
                              opened_file made) {
  if (made.error) return {failure(made.error, path.string(), " cannot be opened"), {}};
  return {{}, log_directory{files, path, std::move(made.fd)}};
}

}  // namespace

opened_directory open_log_directory(file_system& files, const std::filesystem::path& path) {
  return as_directory(files, path, files.open_directory(path));
}

opened_directory open_log_directory(file_system& files, int directory,
                                    const std::filesystem::path& path) {
  return as_directory(files, path, files.reopen_directory(directory));
}

locked_file take_lock(const log_directory& directory, lock_mode mode) {
  const bool exclusive = mode == lock_mode::exclusive;
  auto [fd, error] = directory.open(lock_name, exclusive ? O_RDWR | O_CREAT : O_RDONLY);
  if (!exclusive && error == std::errc::no_such_file_or_directory) return {};
  if (!error) error = directory.files.lock(fd.get(), mode);
  if (error == std::errc::resource_unavailable_try_again) {
    return {failure(errc::locked, directory.file(lock_name), " is locked by another ",
                    exclusive ? "log or view" : "log"),
            {}};
  }
  if (error) return {failure(error, directory.file(lock_name), " cannot be locked"), {}};
  return {{}, std::move(fd)};
}

}  // namespace annulus::chunklog
