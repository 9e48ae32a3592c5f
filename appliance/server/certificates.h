// SPDX-License-Identifier: Apache-2.0
// A service's keys and certificates, in the folder `tls` of its state: an authority that is made
// once, what it signs for the service and for its workers. Keys are for their owner alone.
#ifndef APPLIANCE_SERVER_CERTIFICATES_H_
#define APPLIANCE_SERVER_CERTIFICATES_H_

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/tls/certificate.h"

namespace csl::appliance {

// How long certificates are valid, and how long before they expire they are renewed.
struct CertificateLives {
  std::chrono::hours authority{10 * 365 * 24};
  std::chrono::hours authority_renewal{2 * 365 * 24};
  std::chrono::hours service{365 * 24};
  std::chrono::hours service_renewal{60 * 24};
  std::chrono::hours worker{90 * 24};
};

class Certificates {
 public:
  explicit Certificates(const std::filesystem::path& state, CertificateLives lives = {})
      : folder_(state / "tls"), lives_(lives) {}

  std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }
  // Creates it if it does not exist. Renews its certificate, with the same key and pin, when it is
  // about to expire.
  StatusOr<tls::Identity> Authority() const;
  // The service's own, for these names and addresses: what is there, or a new one if its names are
  // others, its end is near or another authority has signed it.
  StatusOr<tls::Identity> OfService(const std::vector<std::string>& names) const;
  // A chain for a worker's key.
  StatusOr<std::string> SignWorker(const std::string& request, const std::string& name) const;

 private:
  StatusOr<tls::Identity> RenewIfDue(tls::Identity authority) const;

  const std::filesystem::path folder_;
  const CertificateLives lives_;
};

// An operator's own certificate and key. An error names the file.
StatusOr<tls::Identity> ReadIdentity(const std::filesystem::path& certificate,
                                     const std::filesystem::path& key);

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVER_CERTIFICATES_H_
