#include "binding.hpp"

#include <fcntl.h>

#include <algorithm>
#include <annulus/bytes/byte_order.hpp>
#include <annulus/core/restarted.hpp>
#include <annulus/pipeline/error.hpp>
#include <array>
#include <cstring>

#include "files.hpp"
#include "format.hpp"

namespace annulus::pipeline {
namespace {

using layout = std::array<std::byte, binding_layout::header_bytes>;

constexpr std::size_t id_bytes = 16;
constexpr std::size_t most_buffered = std::size_t{64} << 10;
constexpr std::size_t window_tags = 128;

bytes_view bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

unsigned value_of(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

// Precondition: is_id(id).
void store_id(std::byte* to, std::string_view id) {
  for (std::size_t i = 0; i < id_bytes; ++i)
    to[i] = static_cast<std::byte>(value_of(id[2 * i]) * 16 + value_of(id[2 * i + 1]));
}

std::string id_at(const std::byte* from) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < id_bytes; ++i) {
    const auto byte = std::to_integer<unsigned>(from[i]);
    id += digits[byte >> 4];
    id += digits[byte & 0xF];
  }
  return id;
}

void store(layout& header, std::size_t at, const digest& hash) {
  std::copy(hash.begin(), hash.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
}

bool holds(const layout& header, std::size_t at, const digest& hash) {
  return std::equal(hash.begin(), hash.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
}

digest hash_of_front(const layout& header, std::size_t bytes) {
  return bitrot_hash(bytes_view(header).first(bytes));
}

layout header_of(const shard_identity& whose, std::string_view name) {
  layout header{};
  std::memcpy(header.data() + binding_layout::magic, binding_layout::magic_text.data(),
              binding_layout::magic_text.size());
  store_id(header.data() + binding_layout::id, whose.id);
  store_le(header.data() + binding_layout::shard, static_cast<std::uint32_t>(whose.shard));
  store(header, binding_layout::name, bitrot_hash(bytes_of(name)));
  store(header, binding_layout::proof, hash_of_front(header, binding_layout::proof));
  return header;
}

digest seal_of(const layout& header, const object_meta& meta) {
  const auto text = serialise(meta);
  std::vector<std::byte> both(header.begin(), header.begin() + binding_layout::seal);
  const auto rest = bytes_of(text);
  both.insert(both.end(), rest.begin(), rest.end());
  return bitrot_hash(both);
}

std::optional<binding_proof> proof_of(const layout& header) {
  const auto magic = bytes_of(binding_layout::magic_text);
  if (!std::equal(magic.begin(), magic.end(), header.begin())) return std::nullopt;
  if (!holds(header, binding_layout::proof, hash_of_front(header, binding_layout::proof)))
    return std::nullopt;
  binding_proof proof{{id_at(header.data() + binding_layout::id),
                       load_le<std::uint32_t>(header.data() + binding_layout::shard)}};
  std::copy_n(header.begin() + binding_layout::name, digest_bytes, proof.name_hash.begin());
  return proof;
}

}  // namespace

digest tag_of(const shard_identity& whose, std::uint64_t index, const digest& frame_hash) {
  std::array<std::byte, id_bytes + sizeof(std::uint32_t) + sizeof index + digest_bytes> text{};
  auto* to = text.data();
  store_id(to, whose.id);
  to += id_bytes;
  store_le(to, static_cast<std::uint32_t>(whose.shard));
  to += sizeof(std::uint32_t);
  store_le(to, index);
  to += sizeof index;
  std::copy(frame_hash.begin(), frame_hash.end(), to);
  return bitrot_hash(text);
}

binding_writer::binding_writer(int directory, const shard_identity& whose, const std::string& name,
                               std::size_t frame_bytes)
    : whose_(whose), frame_bytes_(frame_bytes) {
  auto file = create_file(directory, binding_file);
  const auto header = header_of(whose, name);
  if (!file.error) file.error = write_fully(file.fd.get(), 0, header);
  if (file.error) {
    throw error(error_kind::failed,
                formatted("{} cannot be written: {}", binding_file, file.error.message()));
  }
  fd_ = std::move(file.fd);
}

std::error_code binding_writer::add(std::span<const bytes_view> pieces) {
  for (auto piece : pieces) {
    while (!piece.empty()) {
      const auto step = std::min(piece.size(), frame_bytes_ - at_);
      if (at_ < digest_bytes) {
        const auto seen = std::min(step, digest_bytes - at_);
        std::copy_n(piece.begin(), seen, hash_.begin() + static_cast<std::ptrdiff_t>(at_));
        if (at_ + seen == digest_bytes) {
          const auto tag = tag_of(whose_, index_++, hash_);
          tags_.insert(tags_.end(), tag.begin(), tag.end());
        }
      }
      at_ = (at_ + step) % frame_bytes_;
      piece = piece.subspan(step);
    }
  }
  return tags_.size() < most_buffered ? std::error_code{} : write_out();
}

std::error_code binding_writer::finish(bool durable) {
  if (const auto error = write_out()) return error;
  return durable ? sync_file(fd_.get()) : std::error_code{};
}

std::error_code binding_writer::write_out() {
  const auto error = write_fully(fd_.get(), written_, tags_);
  written_ += tags_.size();
  tags_.clear();
  return error;
}

std::error_code seal_binding(int directory, const object_meta& meta, bool durable) {
  const unique_fd fd(detail::restarted(
      [&] { return ::openat(directory, binding_file, O_RDWR | O_NOFOLLOW | O_CLOEXEC); }));
  layout header{};
  if (!fd || !read_fully(fd.get(), 0, header)) {
    return std::make_error_code(std::errc::io_error);
  }
  const auto seal = seal_of(header, meta);
  if (const auto error = write_fully(fd.get(), binding_layout::seal, seal)) return error;
  return durable ? sync_file(fd.get()) : std::error_code{};
}

std::optional<binding_proof> proof_in(int directory) {
  const auto file = open_regular(directory, binding_file);
  layout header{};
  // The seal behind it proves nothing by itself, and may be cut off.
  const auto front = bytes_span(header).first(binding_layout::seal);
  if (file.error || !read_fully(file.fd.get(), 0, front)) return std::nullopt;
  return proof_of(header);
}

bool proves(const binding_proof& proof, std::string_view name) {
  return proof.name_hash == bitrot_hash(bytes_of(name));
}

binding_reader::binding_reader(int directory, const object_meta& meta)
    : whose_{meta.id, meta.shard} {
  const auto refuse = [](const std::string& why) {
    throw error(error_kind::failed, formatted("rotten: {} {}", binding_file, why));
  };
  auto file = open_regular(directory, binding_file);
  if (file.error == std::errc::no_such_file_or_directory) refuse("is missing");
  if (file.error) refuse(formatted("cannot be read: {}", file.error.message()));
  layout header{};
  if (!read_fully(file.fd.get(), 0, header)) refuse("ends within its header");
  const auto proof = proof_of(header);
  if (!proof) refuse("has a damaged header");
  if (proof->whose.id != meta.id || proof->whose.shard != meta.shard || !proves(*proof, meta.name))
    refuse("is of another shard");
  if (!holds(header, binding_layout::seal, seal_of(header, meta)))
    refuse("and meta.json contradict each other");
  fd_ = std::move(file.fd);
  bytes_ = file.bytes;
  expected_ = binding_layout::header_bytes + meta.geometry.blocks(meta.size) * digest_bytes;
}

std::string binding_reader::fault() const {
  if (bytes_ == expected_) return {};
  return formatted("rotten: {} has {} bytes, it should have {}", binding_file, bytes_, expected_);
}

bool binding_reader::binds(std::uint64_t index, const digest& frame_hash) {
  if (index < first_ || index >= first_ + window_.size()) {
    window_.resize(window_tags);
    first_ = index;
    const auto from = binding_layout::header_bytes + index * digest_bytes;
    const auto whole =
        read_some(fd_.get(), from, std::as_writable_bytes(std::span(window_))) / digest_bytes;
    window_.resize(whole);
    if (whole == 0) return false;
  }
  return window_[static_cast<std::size_t>(index - first_)] == tag_of(whose_, index, frame_hash);
}

}  // namespace annulus::pipeline
