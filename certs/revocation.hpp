// Certificate revocation lists (RFC 5280 section 5) that an administrator keeps in files.
#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"

#include <openssl/types.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

inline constexpr std::size_t revocation_list_bytes_max = 16 * 1024 * 1024;

/// Which certificates their authorities took back. An authority of which there is no list is not
/// asked about; one of which there are only lists that are out of date vouches for nobody: the
/// check fails closed. Immutable once filled, then safe to use from several threads.
class RevocationLists {
public:
    /// Adds a complete list of one of `authorities` in DER, or one or several of them in PEM: all
    /// or none. One that is out of date is taken: the day its successor is late must not be the day
    /// on which an agent cannot start. Errors: Errc::malformed, also for delta and partial lists
    /// and those without an end; Errc::untrusted if none of the authorities signed it.
    Result<void> add(std::string_view text, std::span<const Certificate> authorities);
    /// The same for lists whose authorities are known only later: they must not judge before
    /// signed_by() has taken them.
    Result<void> add_unverified(std::string_view text);
    void append(const RevocationLists& others);
    /// Those of the lists that one of `authorities` signed.
    RevocationLists signed_by(std::span<const Certificate> authorities) const;

    enum class Verdict { good, revoked, unknown };
    struct Judgement {
        Verdict verdict = Verdict::good;
        std::string why{};  // for people
    };
    Judgement judge(const Certificate& certificate, Time now) const;

    /// Of each list that is out of date, in words.
    std::vector<std::string> faults(Time now) const;
    bool empty() const { return lists_.empty(); }
    std::size_t size() const { return lists_.size(); }

private:
    struct List {
        std::shared_ptr<X509_CRL> content;
        std::string issuer;
        Time begin;
        Time end;
    };
    static Result<List> check(std::shared_ptr<X509_CRL> content);
    static bool is_current(const List& list, Time now);
    std::vector<List> lists_;
};

}  // namespace sallyport::certs
