// SPDX-License-Identifier: Apache-2.0
#include "base/digest/sha256.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace csl {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() { CHECK(evp != nullptr && EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) == 1); }
  ~Context() { EVP_MD_CTX_free(evp); }
};

namespace {

std::string Hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(std::span<const uint8_t> data) {
  CHECK(EVP_DigestUpdate(context_->evp, data.data(), data.size()) == 1);
}

void Sha256::Update(std::string_view text) {
  Update(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

std::string Sha256::FinishHex() {
  std::array<uint8_t, 32> digest{};
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), &size) == 1 && size == digest.size());
  return Hex(digest);
}

std::string Sha256Hex(std::string_view text) {
  Sha256 hash;
  hash.Update(text);
  return hash.FinishHex();
}

StatusOr<std::string> Sha256HexOfFile(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotFound("cannot open '" + path.string() + "': " + std::strerror(errno));
  Sha256 hash;
  std::vector<uint8_t> buffer(1 << 18);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      Status status = Unavailable("cannot read '" + path.string() + "': " + std::strerror(errno));
      ::close(fd);
      return status;
    }
    if (got == 0) break;
    hash.Update(std::span<const uint8_t>(buffer).first(static_cast<size_t>(got)));
  }
  ::close(fd);
  return hash.FinishHex();
}

bool IsSha256Hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string RandomHex(size_t bytes) {
  std::vector<uint8_t> random(bytes);
  CHECK(RAND_bytes(random.data(), static_cast<int>(bytes)) == 1) << "no random bytes to be had";
  return Hex(random);
}

bool EqualConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace csl
