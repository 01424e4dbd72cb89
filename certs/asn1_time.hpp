#pragma once

#include "certs/certificate.hpp"

#include <openssl/types.h>

#include <optional>

namespace sallyport::certs {

/// A date of a certificate or a revocation list; nothing for one that cannot be read. What lies
/// before 1970 or after the reach of our clock (2262; "no end" is written as the year 9999) becomes
/// the first or last moment of it, so that the difference of two is a time as well.
std::optional<Time> time_of(const ASN1_TIME* time);

}  // namespace sallyport::certs
