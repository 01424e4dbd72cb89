#include "certs/revocation.hpp"

#include "certs/asn1_time.hpp"
#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <iterator>

namespace sallyport::certs {
namespace {

int refuse_list_passphrase(char*, int, int, void*) { return -1; }

using ListPtr = std::shared_ptr<X509_CRL>;

/// Every list of the text: one that was passed over would let its revoked certificates pass. Empty
/// if one of them cannot be read.
std::vector<ListPtr> parse_pem(std::string_view text) {
    const auto bio = memory_bio(text);
    std::vector<ListPtr> all;
    while (bio) {
        ListPtr next(PEM_read_bio_X509_CRL(bio.get(), nullptr, refuse_list_passphrase, nullptr),
                     X509_CRL_free);
        if (next == nullptr) break;
        all.push_back(std::move(next));
    }
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return ended ? all : std::vector<ListPtr>();
}

std::vector<ListPtr> parse(std::string_view text) {
    if (text.find("-----BEGIN ") != text.npos) return parse_pem(text);
    const auto* cursor = reinterpret_cast<const unsigned char*>(text.data());
    const auto* end = cursor + text.size();
    ListPtr list(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(text.size())), X509_CRL_free);
    ERR_clear_error();
    if (list == nullptr || cursor != end) return {};
    return {std::move(list)};
}

std::string name_of(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    return std::string(written_to(bio.get()));
}

std::string date_of(Time time) {
    const auto seconds = std::chrono::system_clock::to_time_t(time);
    std::tm date{};
    char text[32] = {};
    ::gmtime_r(&seconds, &date);
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &date)};
}

/// Complete: about all certificates of its issuer, and nothing in it that we do not understand.
bool is_complete(X509_CRL* list) {
    for (int i = 0; i < X509_CRL_get_ext_count(list); ++i)
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) != 0) return false;
    return X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) < 0 &&
           X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0;
}

bool is_signed_by(X509_CRL* list, const Certificate& authority) {
    const bool is =
        authority.is_authority() &&
        X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority.get())) == 0 &&
        X509_CRL_verify(list, authority.public_key().get()) == 1;
    ERR_clear_error();
    return is;
}

bool is_signed_by_one_of(X509_CRL* list, std::span<const Certificate> authorities) {
    return std::ranges::any_of(authorities,
                               [&](const Certificate& one) { return is_signed_by(list, one); });
}

}  // namespace

Result<void> RevocationLists::add(std::string_view text, std::span<const Certificate> authorities) {
    RevocationLists read;
    if (auto added = read.add_unverified(text); !added) return added.error();
    for (const auto& list : read.lists_)
        if (!is_signed_by_one_of(list.content.get(), authorities))
            return Error{Errc::untrusted, "the revocation list of " + list.issuer +
                                              " is signed by no authority that is trusted here"};
    append(read);
    return {};
}

void RevocationLists::append(const RevocationLists& others) {
    lists_.insert(lists_.end(), others.lists_.begin(), others.lists_.end());
}

RevocationLists RevocationLists::signed_by(std::span<const Certificate> authorities) const {
    RevocationLists known;
    for (const auto& list : lists_)
        if (is_signed_by_one_of(list.content.get(), authorities)) known.lists_.push_back(list);
    return known;
}

Result<void> RevocationLists::add_unverified(std::string_view text) {
    if (text.size() > revocation_list_bytes_max)
        return Error{Errc::limit, "a revocation list above 16 MiB is not read"};
    auto contents = parse(text);
    if (contents.empty())
        return Error{Errc::malformed, "is no certificate revocation list (PEM or DER)"};
    std::vector<List> lists;
    for (auto& content : contents) {
        auto list = check(std::move(content));
        if (!list) return list.error();
        lists.push_back(std::move(*list));
    }
    std::ranges::move(lists, std::back_inserter(lists_));
    return {};
}

Result<RevocationLists::List> RevocationLists::check(std::shared_ptr<X509_CRL> content) {
    auto issuer = name_of(X509_CRL_get_issuer(content.get()));
    const auto begin = time_of(X509_CRL_get0_lastUpdate(content.get()));
    const auto end = time_of(X509_CRL_get0_nextUpdate(content.get()));
    if (!begin || !end)
        return Error{Errc::malformed,
                     "the revocation list of " + issuer +
                         " does not say when the next one comes, so nobody could say when it is "
                         "out of date"};
    if (!is_complete(content.get()))
        return Error{Errc::malformed, "the revocation list of " + issuer +
                                          " is a delta or a part of one: get the complete list"};
    return List{std::move(content), std::move(issuer), *begin, *end};
}

bool RevocationLists::is_current(const List& list, Time now) {
    return list.begin - std::chrono::minutes(5) <= now && now < list.end;
}

RevocationLists::Judgement RevocationLists::judge(const Certificate& certificate, Time now) const {
    const List* late = nullptr;
    bool is_known = false;
    const auto* issuer = X509_get_issuer_name(certificate.get());
    const auto* serial = X509_get0_serialNumber(certificate.get());
    constexpr int taken_off = 2;  // removeFromCRL
    for (const auto& list : lists_) {
        if (X509_NAME_cmp(X509_CRL_get_issuer(list.content.get()), issuer) != 0) continue;
        X509_REVOKED* entry = nullptr;
        const int found =
            X509_CRL_get0_by_serial(list.content.get(), &entry, const_cast<ASN1_INTEGER*>(serial));
        if (found != 0 && found != taken_off)
            return {Verdict::revoked, "it is revoked (" + certificate.subject() + ", serial " +
                                          certificate.serial() + ", list of " + list.issuer + ")"};
        if (is_current(list, now))
            is_known = true;
        else
            late = &list;
    }
    if (is_known || late == nullptr) return {};
    return {Verdict::unknown, "nobody knows whether it is revoked: the list of " + late->issuer +
                                  " ended " + date_of(late->end) +
                                  "; get the next one, then reload"};
}

std::vector<std::string> RevocationLists::faults(Time now) const {
    std::vector<std::string> all;
    for (const auto& list : lists_)
        if (!is_current(list, now))
            all.push_back("the revocation list of " + list.issuer + " is good from " +
                          date_of(list.begin) + " to " + date_of(list.end) +
                          ": until there is a current one, no certificate of that authority is "
                          "believed");
    return all;
}

}  // namespace sallyport::certs
