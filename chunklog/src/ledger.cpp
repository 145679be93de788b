#include "ledger.hpp"

#include <annulus/bytes/byte_order.hpp>
#include <annulus/chunklog/record.hpp>
#include <bitset>

#include "crc32.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// So far that the next ones do not overflow.
constexpr std::uint64_t last_sequence = std::uint64_t{1} << 63U;

using slot_bytes = std::array<std::byte, slot_layout::bytes>;

slot_bytes encode_slot(const ledger_slot& slot) {
  slot_bytes bytes{};
  std::byte* const at = bytes.data();
  store_le(at + slot_layout::magic, slot_layout::magic_value);
  store_le(at + slot_layout::sequence, slot.sequence);
  store_le(at + slot_layout::writer_file, slot.state.writer_file);
  store_le(at + slot_layout::reader_file, slot.state.reader_file);
  store_le(at + slot_layout::next_id, slot.state.next_id);
  store_le(at + slot_layout::last_acknowledged, slot.state.last_acknowledged);
  store_le(at + slot_layout::durable_bytes, slot.state.durable_bytes);
  store_le(at + slot_layout::checksum, crc32(0, bytes_view(bytes).first(slot_layout::checksum)));
  return bytes;
}

ledger_slot decode_slot(const slot_bytes& bytes) {
  const std::byte* const at = bytes.data();
  const ledger_slot slot{load_le<std::uint64_t>(at + slot_layout::sequence),
                         {load_le<chunk_number>(at + slot_layout::writer_file),
                          load_le<chunk_number>(at + slot_layout::reader_file),
                          load_le<std::uint64_t>(at + slot_layout::next_id),
                          load_le<std::uint64_t>(at + slot_layout::last_acknowledged),
                          load_le<std::uint64_t>(at + slot_layout::durable_bytes)}};
  // One comparison covers magic, checksum and the bytes that must be zero.
  const bool valid = encode_slot(slot) == bytes && slot.sequence <= last_sequence &&
                     slot.state.last_acknowledged < slot.state.next_id &&
                     slot.state.durable_bytes <= max_chunk_bytes;
  return valid ? slot : ledger_slot{};
}

std::array<std::byte, origin_layout::bytes> encode_origin(const ledger_state& state) {
  std::array<std::byte, origin_layout::bytes> bytes{};
  store_le(bytes.data() + origin_layout::writer_file, state.writer_file);
  store_le(bytes.data() + origin_layout::reader_file, state.reader_file);
  store_le(bytes.data() + origin_layout::next_id, state.next_id);
  store_le(bytes.data() + origin_layout::last_acknowledged, state.last_acknowledged);
  return bytes;
}

}  // namespace

chunk_order arrange(const std::vector<chunk_number>& present, const ledger_state& state) {
  std::bitset<0x10000> there;
  for (const auto number : present) there.set(number);
  chunk_order order;
  const auto take = [&](chunk_number number) {
    order.run.push_back(number);
    there.reset(number);
  };
  for (auto number = state.reader_file; number != state.writer_file; number = successor(number)) {
    there[number] ? take(number) : order.missing.push_back(number);
  }
  if (there[state.writer_file]) {
    for (auto number = state.writer_file; there[number]; number = successor(number)) take(number);
  } else if (state.durable_bytes > 0) {
    // A writer's chunk without a synced byte can be lost in a crash, and nothing with it.
    order.missing.push_back(state.writer_file);
  }
  for (const auto number : present) {
    if (there[number]) order.strays.push_back(number);
  }
  return order;
}

ledger_read read_ledger(const log_directory& directory, int open_flags) {
  ledger_read found;
  const auto failed = [&](std::error_code error) {
    static_cast<status&>(found) = failure(error, directory.file(ledger_name), " cannot be read");
  };
  auto [fd, error] = directory.open(ledger_name, open_flags);
  if (error == std::errc::no_such_file_or_directory) return found;
  if (error) {
    failed(error);
    return found;
  }
  found.file = std::move(fd);
  const auto size = directory.files.size(found.file.get());
  if (size.error) {
    failed(size.error);
    return found;
  }
  found.file_bytes = size.bytes;
  std::optional<std::uint64_t> blank;
  for (std::size_t i = 0; i < slot_layout::offsets.size(); ++i) {
    const auto offset = slot_layout::offsets[i];
    slot_bytes bytes{};
    const auto read = directory.files.read(found.file.get(), bytes, offset);
    if (read.error) {
      failed(read.error);
      return found;
    }
    auto slot = decode_slot(bytes);
    // Elsewhere it would be overwritten by its successor.
    if (slot.sequence % slot_layout::offsets.size() != i) slot = {};
    if (slot.sequence == 0) (bytes == slot_bytes{} ? blank : found.damaged_slot) = offset;
    if (slot.sequence > found.newest.sequence) found.newest = slot;
  }
  // Only a log with a single checkpoint has not written both.
  if (found.newest.sequence > 1 && blank) found.damaged_slot = blank;
  return found;
}

std::error_code ledger::checkpoint(const ledger_state& state) {
  if (const auto error = write(state)) return error;
  return sync();
}

std::error_code ledger::mark(const ledger_state& state) {
  return write(state);
}

std::error_code ledger::write(const ledger_state& state) {
  // A sequence's parity is its slot: behind a mark that was not synced comes one with the same.
  const ledger_slot next{newest_.sequence + (marked() ? 2 : 1), state};
  const auto put = [&](bytes_view bytes, std::uint64_t offset) {
    return files_->write(file_.get(), {&bytes, 1}, offset).error;
  };
  if (const auto error = put(encode_origin(state), 0)) return error;
  const auto slot = slot_layout::offsets[next.sequence % slot_layout::offsets.size()];
  if (const auto error = put(encode_slot(next), slot)) return error;
  newest_ = next;
  return {};
}

std::error_code ledger::sync() {
  if (durable_) {
    if (const auto error = files_->sync_data(file_.get())) return error;
  }
  durable_sequence_ = newest_.sequence;
  return {};
}

}  // namespace annulus::chunklog
