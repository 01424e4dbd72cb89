#include "daemon/server_judgement.hpp"

#include "audit/clock.hpp"
#include "base/error.hpp"
#include "net/tls_fault.hpp"

#include <algorithm>

namespace sallyport::daemon {
namespace {

using certs::Certificate;

std::string detail_of(const Error& error) {
    return error.detail.empty() ? to_text(error) : error.detail;
}

std::string date_text(certs::Time time) {
    return audit::to_rfc3339(std::chrono::floor<std::chrono::microseconds>(time));
}

bool is_anchor(const Certificate& certificate, const std::vector<Certificate>& anchors) {
    return std::ranges::any_of(anchors, [&](const auto& anchor) {
        return anchor.public_key_hash() == certificate.public_key_hash();
    });
}

/// By names and keys, not by signatures: for words, never for a decision.
bool seems_issued_by(const std::vector<Certificate>& chain,
                     const std::vector<Certificate>& anchors) {
    return std::ranges::any_of(chain, [&](const auto& certificate) {
        return is_anchor(certificate, anchors) ||
               std::ranges::any_of(anchors, [&](const auto& anchor) {
                   return anchor.subject() == certificate.issuer();
               });
    });
}

std::string subjects_of(const std::vector<Certificate>& anchors) {
    std::string text;
    for (const auto& anchor : anchors) text += (text.empty() ? "" : ", ") + anchor.subject();
    return text.empty() ? "nobody" : text;
}

/// The first name in it that somebody may write instead.
std::string names_of(const Certificate& certificate) {
    std::string text;
    for (const auto& name : certificate.dns_names()) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

/// What is wrong with the dates, if anything is.
std::optional<Judgement> judge_dates(const TlsFacts& facts, const Certificate& leaf,
                                     std::string_view who) {
    const auto seen = certificate_text(leaf);
    if (facts.now >= leaf.not_after())
        return Judgement::failed("its certificate has expired: " + seen,
                                 "Renew the certificate of " + std::string(who) +
                                     "; if that date is still to come, this machine's clock is "
                                     "wrong.");
    if (facts.now < leaf.not_before())
        return Judgement::failed(
            "its certificate is not valid before " + date_text(leaf.not_before()) + ": " + seen,
            "Set this machine's clock right: timedatectl set-ntp true.");
    return std::nullopt;
}

std::optional<Judgement> judge_names(const TlsFacts& facts, const Certificate& leaf) {
    if (leaf.matches_host(facts.server.host)) return std::nullopt;
    return Judgement::failed(
        "its certificate is not for " + facts.server.host + " (DNS names in it: " + names_of(leaf) +
            "): " + certificate_text(leaf),
        "Write one of these names in " + facts.where + ", or have the server's certificate name " +
            facts.server.host + ".");
}

/// Nothing that speaks TLS.
Judgement judge_no_tls(const TlsFacts& facts, std::string_view who) {
    return Judgement::failed(detail_of(facts.agreed.error()),
                             "Is " + std::to_string(facts.server.port) + " the TLS port of " +
                                 std::string(who) + "? Correct " + facts.where +
                                 ", or ask who runs what stands between.");
}

/// Which certificate belongs where.
Judgement judge_unknown_authority(const TlsFacts& facts) {
    const auto& leaf = facts.shown->chain.front();
    const auto& top = facts.shown->chain.back();
    const auto seen = "nobody who is trusted here vouches for " + certificate_text(leaf);
    if (leaf.subject() == leaf.issuer())
        return Judgement::failed(seen + ", by itself",
                                 "Put that certificate into " + facts.trust +
                                     ", after comparing it with what the server's administrator "
                                     "says.");
    const bool is_whole = top.subject() == top.issuer();
    return Judgement::failed(seen, "Put the authority \"" +
                                       (is_whole ? top.subject() : top.issuer()) + "\" into " +
                                       facts.trust + ".");
}

std::string exempt(const TlsFacts& facts) {
    return "Have the administrator of the proxy or firewall exempt " + facts.server.authority() +
           " from TLS inspection: the tunnel is made for this hub alone and cannot pass a device "
           "that breaks TLS open.";
}

}  // namespace

std::string certificate_text(const Certificate& certificate) {
    return certificate.subject() + ", until " + date_text(certificate.not_after()) +
           ", issued by " + certificate.issuer();
}

Judgement judge_name(const std::string& host, const Result<std::vector<net::Endpoint>>& found,
                     bool has_ipv6, std::string_view where) {
    if (net::Endpoint::literal(host, 0)) return Judgement::good(host + " is an address");
    if (!found)
        return Judgement::failed(host + ": " + detail_of(found.error()),
                                 "Correct " + std::string(where) +
                                     ", or let this machine's DNS servers know the name "
                                     "(/etc/resolv.conf; try: getent hosts " +
                                     host + ").");
    std::string text;
    bool any_v4 = false;
    for (const auto& endpoint : *found) {
        text += (text.empty() ? "" : ", ") + endpoint.to_string();
        any_v4 = any_v4 || !endpoint.is_v6();
    }
    const auto seen = host + ": " + text;
    if (!any_v4 && !has_ipv6)
        return Judgement::failed(seen + ": IPv6 only, and this machine has no IPv6",
                                 "Give this machine an IPv6 address, or have an IPv4 address (A "
                                 "record) published for " +
                                     host + ".");
    return Judgement::good(seen);
}

Judgement judge_tcp(const ServerAddress& server, const Result<std::string>& reached,
                    std::string_view where) {
    if (reached) return Judgement::good(*reached);
    const auto& error = reached.error();
    if (error.code == Errc::timed_out)
        return Judgement::failed(detail_of(error),
                                 "Have every firewall on the way let this machine connect to " +
                                     server.authority() +
                                     " (`net` prints the request), and see that the server is up.");
    return Judgement::failed(
        detail_of(error), "Nothing takes connections at " + server.authority() +
                              ": start the service there, or correct " + std::string(where) + ".");
}

Judgement judge_proxy(const ServerAddress& server, const Result<void>& answer) {
    if (answer) return Judgement::good("leads to " + server.authority());
    const auto& error = answer.error();
    const auto seen = detail_of(error);
    if (error.code == Errc::unauthorized)
        return Judgement::failed(seen,
                                 "Put the right user:password, in one line, into the file of "
                                 "proxy_credentials_file; it is read at each dial.");
    if (error.code == Errc::denied)
        return Judgement::failed(seen, "Have the proxy's administrator allow CONNECT to " +
                                           server.authority() + " for this machine.");
    if (error.code == Errc::unavailable)
        return Judgement::failed(seen,
                                 "The proxy itself does not get there: have its administrator "
                                 "look up " +
                                     server.authority() + " in its log.");
    if (error.code == Errc::protocol)
        return Judgement::failed(seen, "Correct `proxy`: what listens there is no HTTP proxy.");
    return Judgement::failed(seen,
                             "See that the proxy is up and that its proxy_credentials_file "
                             "can be read.");
}

Judgement judge_hub_tls(const TlsFacts& facts) {
    if (facts.agreed) return Judgement::good(*facts.agreed);
    if (!facts.shown) return judge_no_tls(facts, "the hub");
    const auto& chain = facts.shown->chain;
    const bool own = !chain.empty() && seems_issued_by(chain, facts.anchors);
    if (!chain.empty() && !own)
        return Judgement::failed("TLS is intercepted: what was presented for " + facts.server.host +
                                     " is issued by " + chain.front().issuer() + " (" +
                                     facts.shown->version + "), not by the hub's own " +
                                     "authority (" + subjects_of(facts.anchors) + ")",
                                 exempt(facts));
    if (facts.agreed.error().code == Errc::untrusted) {
        if (!chain.empty()) {
            if (auto judged = judge_dates(facts, chain.front(), "the hub")) return *judged;
            if (auto judged = judge_names(facts, chain.front())) return *judged;
        }
        return Judgement::failed(detail_of(facts.agreed.error()),
                                 "Have the hub's administrator say whether its authority or this "
                                 "agent's certificate was replaced (sallyport-hub agent show), "
                                 "then enrol again.");
    }
    if (facts.shown->version != "TLSv1.3")
        return Judgement::failed("only " + facts.shown->version +
                                     " can be agreed on, and links "
                                     "need TLSv1.3",
                                 exempt(facts));
    if (!facts.alpn.empty() && facts.shown->alpn != facts.alpn)
        return Judgement::failed("the protocol " + facts.alpn +
                                     " (ALPN) was not agreed on: "
                                     "something between takes it out, or this is no hub",
                                 exempt(facts));
    return judge_no_tls(facts, "the hub");
}

Judgement judge_server_tls(const TlsFacts& facts) {
    if (facts.agreed) return Judgement::good(*facts.agreed);
    const auto& error = facts.agreed.error();
    if (error.code == net::TlsFault::pin)
        return Judgement::failed(error.detail,
                                 "If that key is right, write it as `pin` of the mapping; if not, "
                                 "find out who answers there.");
    if (error.code == net::TlsFault::revoked)
        return Judgement::failed(error.detail, "Give the server another certificate.");
    if (error.code == net::TlsFault::revocation_unknown)
        return Judgement::failed(error.detail,
                                 "Fetch the authority's new revocation list into [trust] "
                                 "crl_files, then reload.");
    if (!facts.shown) return judge_no_tls(facts, facts.server.host);
    const auto& chain = facts.shown->chain;
    if (error.code != Errc::untrusted || chain.empty()) {
        if (facts.shown->version < std::string("TLSv1.2"))
            return Judgement::failed("it speaks only " + facts.shown->version,
                                     "Have TLS 1.2 or later enabled at " +
                                         facts.server.authority() + ": older versions are broken.");
        return Judgement::failed(detail_of(error),
                                 "Look into the log of " + facts.server.authority() +
                                     ": it shows a certificate, but breaks off the handshake; a "
                                     "server that insists on a client certificate does so here.");
    }
    const auto& leaf = chain.front();
    if (auto judged = judge_dates(facts, leaf, facts.server.host)) return *judged;
    const bool is_known = seems_issued_by(chain, facts.anchors);
    if (is_known || facts.anchors.empty())
        if (auto judged = judge_names(facts, leaf)) return *judged;
    if (!is_known) return judge_unknown_authority(facts);
    const auto& top = chain.back();
    const bool lacks_intermediate = !std::ranges::any_of(facts.anchors, [&](const auto& anchor) {
        return anchor.subject() == top.issuer() ||
               anchor.public_key_hash() == top.public_key_hash();
    });
    if (lacks_intermediate)
        return Judgement::failed(detail_of(error), "The server does not show who signed " +
                                                       top.subject() + ": have it send \"" +
                                                       top.issuer() + "\", or put that into " +
                                                       facts.trust + ".");
    return Judgement::failed(detail_of(error),
                             "Compare the authority in " + facts.trust +
                                 " with the one that signed this certificate: their names are "
                                 "alike, their keys are not.");
}

}  // namespace sallyport::daemon
