// The format, a second time: written from the tables of docs/formats.md alone, with nothing of
// Annulus, so that an error in the one implementation is not an error in both.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace independent {

inline std::uint32_t crc32(const std::string& bytes) {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit)
      table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xEDB88320 : table[i] >> 1;
  }
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ crc >> 8;
  return ~crc;
}

inline std::uint64_t little(const std::string& bytes, std::size_t at, std::size_t n) {
  std::uint64_t value = 0;
  while (n-- > 0) value = value << 8 | static_cast<unsigned char>(bytes.at(at + n));
  return value;
}

inline std::string little(std::uint64_t value, std::size_t n) {
  std::string bytes;
  for (; n > 0; --n, value >>= 8) bytes += static_cast<char>(value & 0xFF);
  return bytes;
}

struct record {
  std::uint64_t id;
  std::string payload;
};

inline std::vector<record> parse(const std::string& chunk) {
  std::vector<record> records;
  for (std::size_t at = 0; at < chunk.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
      length = length << 8 | static_cast<unsigned char>(chunk.at(at + i));
    const auto body = chunk.substr(at + 8, length - 4);
    if (body.size() != length - 4) throw std::runtime_error("cut short");
    if (crc32(body) != little(chunk, at + 4, 4)) throw std::runtime_error("CRC");
    records.push_back({little(body, 0, 8), body.substr(8)});
    at += 4 + length;
  }
  return records;
}

struct slot {
  std::uint64_t sequence, writer, reader, next_id, acknowledged, durable;
};

inline std::string slot_bytes(const slot& s) {
  const auto head = "ANLEDGR1" + little(s.sequence, 8) + little(s.writer, 2) + little(s.reader, 2) +
                    little(0, 4) + little(s.next_id, 8) + little(s.acknowledged, 8) +
                    little(s.durable, 8) + little(0, 8) + little(0, 4);
  return head + little(crc32(head), 4);
}

/// The newest valid slot.
inline slot parse_slot(const std::string& ledger) {
  slot newest{};
  for (const std::size_t at : {512U, 1024U}) {
    if (ledger.size() < at + 64) continue;
    const slot s{little(ledger, at + 8, 8),  little(ledger, at + 16, 2),
                 little(ledger, at + 18, 2), little(ledger, at + 24, 8),
                 little(ledger, at + 32, 8), little(ledger, at + 40, 8)};
    const bool valid = slot_bytes(s) == ledger.substr(at, 64) && s.sequence <= 1ULL << 63 &&
                       s.sequence % 2 == at / 512 - 1 && s.acknowledged < s.next_id &&
                       s.durable <= 268'435'456;
    if (valid && s.sequence > newest.sequence) newest = s;
  }
  return newest;
}

/// A ledger with one slot.
inline std::string make_ledger(const slot& s) {
  std::string bytes = little(s.writer, 2) + little(s.reader, 2) + little(0, 4) +
                      little(s.next_id, 8) + little(s.acknowledged, 8);
  bytes.resize(s.sequence % 2 == 0 ? 512 : 1024);
  return bytes + slot_bytes(s);
}

}  // namespace independent
