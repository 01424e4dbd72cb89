#pragma once

#include "base/bytes.hpp"

namespace sallyport::agent {

/// The first message of SPNEGO (NegTokenInit, RFC 4178 section 4.2.1) that offers Kerberos alone
/// and brings its token along: what `Negotiate` carries (RFC 4559). With one mechanism there is
/// nothing to protect by a mechListMIC.
Bytes spnego_init(BytesView kerberos_token);

}  // namespace sallyport::agent
