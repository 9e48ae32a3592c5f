// SPDX-License-Identifier: Apache-2.0
// SHA-256, the name of every blob. Through OpenSSL's EVP, which uses the processor's instructions
// for it.
#ifndef BASE_DIGEST_SHA256_H_
#define BASE_DIGEST_SHA256_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace csl {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(std::span<const uint8_t> data);
  void Update(std::string_view text);

  // 64 lower-case hexadecimal digits. The object takes no more data afterwards.
  std::string FinishHex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string Sha256Hex(std::string_view text);
StatusOr<std::string> Sha256HexOfFile(const std::filesystem::path& path);

// Whether `text` is what FinishHex returns: the only form of a digest that paths and queries may
// carry.
bool IsSha256Hex(std::string_view text);

// `bytes` random bytes from the system as hexadecimal digits; for tokens and ids.
std::string RandomHex(size_t bytes);

// Compares without telling by its time where the texts differ.
bool EqualConstantTime(std::string_view a, std::string_view b);

}  // namespace csl

#endif  // BASE_DIGEST_SHA256_H_
