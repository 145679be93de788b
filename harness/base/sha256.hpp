// SHA-256, by OpenSSL: what read-back bytes are compared by.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace annulus::harness {

/// A running digest. Throws std::bad_alloc only on construction.
class sha256 {
 public:
  sha256();
  void update(std::span<const std::byte> bytes);
  /// The digest of all that was added, in hex. Call once.
  std::string hex();

 private:
  struct deleter {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, deleter> context_;
};

}  // namespace annulus::harness
