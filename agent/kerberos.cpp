#include "agent/kerberos.hpp"

#include "agent/kerberos_fault.hpp"
#include "agent/spnego.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>
#include <utility>

namespace sallyport::agent {
namespace {

using kerberos::Step;

/// A context serves one thread at a time (MIT krb5 "Thread safety"), so each call makes its own.
class Context {
public:
    Context() : failure_(krb5_init_context(&context_)) {}
    ~Context() {
        if (context_ != nullptr) krb5_free_context(context_);
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    krb5_error_code failure() const { return failure_; }
    krb5_context get() const { return context_; }
    Error error(krb5_error_code code, Step step) const {
        const char* text = krb5_get_error_message(context_, code);
        Error error{kerberos::fault_of(code, step), text};
        krb5_free_error_message(context_, text);
        return error;
    }

private:
    krb5_context context_ = nullptr;
    krb5_error_code failure_;
};

template <class T, auto release>
class Krb5Object {
public:
    explicit Krb5Object(const Context& context) : context_(context) {}
    ~Krb5Object() {
        if (object_ != nullptr) release(context_.get(), object_);
    }
    Krb5Object(const Krb5Object&) = delete;
    Krb5Object& operator=(const Krb5Object&) = delete;
    T get() const { return object_; }
    T* out() { return &object_; }

private:
    const Context& context_;
    T object_ = nullptr;
};

using Name = Krb5Object<krb5_principal, krb5_free_principal>;
using Keytab = Krb5Object<krb5_keytab, krb5_kt_close>;
using Options = Krb5Object<krb5_get_init_creds_opt*, krb5_get_init_creds_opt_free>;
using Cache = Krb5Object<krb5_ccache, krb5_cc_destroy>;  // in memory, and then no more

struct Ticket {
    explicit Ticket(const Context& c) : context(c) {}
    ~Ticket() { krb5_free_cred_contents(context.get(), &creds); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    const Context& context;
    krb5_creds creds{};
};

/// A GSS handle; what releases it takes the minor status first.
template <class T, auto release>
class GssObject {
public:
    GssObject() = default;
    ~GssObject() {
        OM_uint32 minor = 0;
        if (object_ != nullptr) release(&minor, &object_);
    }
    GssObject(GssObject&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    GssObject& operator=(GssObject&&) = delete;
    T get() const { return object_; }
    T* out() { return &object_; }

private:
    T object_ = nullptr;
};

void end_context(OM_uint32* minor, gss_ctx_id_t* context) {
    gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}

using GssName = GssObject<gss_name_t, gss_release_name>;
using GssCredential = GssObject<gss_cred_id_t, gss_release_cred>;
using GssContext = GssObject<gss_ctx_id_t, end_context>;

/// Kerberos alone: SPNEGO of this library would ask the KDC for tickets of its own, and its errors
/// hide those of Kerberos, whose numbers GSS then gives anew.
gss_OID_set_desc* mechanisms() {
    static gss_OID_set_desc set{1, const_cast<gss_OID>(gss_mech_krb5)};
    return &set;
}

/// What GSS says about a failure of Kerberos. The codes of krb5 are negative numbers of 32 bits.
Error gss_error(OM_uint32 minor, Step step) {
    std::string text;
    OM_uint32 more = 0;
    OM_uint32 ignored = 0;
    gss_buffer_desc part = GSS_C_EMPTY_BUFFER;
    gss_display_status(&ignored, minor, GSS_C_MECH_CODE, const_cast<gss_OID>(gss_mech_krb5), &more,
                       &part);
    if (part.value != nullptr) text.assign(static_cast<const char*>(part.value), part.length);
    gss_release_buffer(&ignored, &part);
    return Error{kerberos::fault_of(static_cast<std::int32_t>(minor), step), std::move(text)};
}

/// As it stands: neither DNS nor a rewriting of host names has a say in whom a ticket is for.
Result<GssName> gss_name(const std::string& text) {
    GssName name;
    OM_uint32 minor = 0;
    gss_buffer_desc buffer{text.size(), const_cast<char*>(text.data())};
    if (GSS_ERROR(gss_import_name(&minor, &buffer, GSS_KRB5_NT_PRINCIPAL_NAME, name.out())))
        return gss_error(minor, Step::log_on);
    return name;
}

std::string keytab_name(const KerberosAccount& account) {
    return "FILE:" + account.keytab.string();
}

/// Whether the ticket of the user to the agent may be passed on at all.
bool is_forwardable(gss_cred_id_t credential) {
    const Context context;
    if (context.failure() != 0) return false;
    Cache copy(context);
    OM_uint32 minor = 0;
    krb5_cc_cursor cursor = nullptr;
    if (krb5_cc_new_unique(context.get(), "MEMORY", nullptr, copy.out()) != 0 ||
        GSS_ERROR(gss_krb5_copy_ccache(&minor, credential, copy.get())) ||
        krb5_cc_start_seq_get(context.get(), copy.get(), &cursor) != 0)
        return false;
    bool found = false;
    krb5_creds ticket{};
    while (krb5_cc_next_cred(context.get(), copy.get(), &cursor, &ticket) == 0) {
        const auto* first = krb5_princ_component(context.get(), ticket.server, 0);
        const bool is_tgt =
            first != nullptr && std::string_view(first->data, first->length) == KRB5_TGS_NAME;
        found = found || (!krb5_is_config_principal(context.get(), ticket.server) && !is_tgt &&
                          (static_cast<unsigned>(ticket.ticket_flags) & TKT_FLG_FORWARDABLE) != 0);
        krb5_free_cred_contents(context.get(), &ticket);
    }
    krb5_cc_end_seq_get(context.get(), copy.get(), &cursor);
    return found;
}

class GssUser final : public KerberosUser {
public:
    GssUser(GssCredential credential, GssName service, std::chrono::seconds lifetime)
        : credential_(std::move(credential)),
          service_(std::move(service)),
          until_(std::chrono::steady_clock::now() + lifetime) {}
    Result<Token> token() const override;

private:
    GssCredential credential_;
    GssName service_;
    std::chrono::steady_clock::time_point until_;  // of the user's ticket to the agent
};

Result<KerberosUser::Token> GssUser::token() const {
    GssContext context;  // of this one request; the service's answer is not waited for
    OM_uint32 minor = 0;
    OM_uint32 seconds = 0;
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    const auto major =
        gss_init_sec_context(&minor, credential_.get(), context.out(), service_.get(),
                             const_cast<gss_OID>(gss_mech_krb5), 0, 0, GSS_C_NO_CHANNEL_BINDINGS,
                             GSS_C_NO_BUFFER, nullptr, &out, nullptr, &seconds);
    OM_uint32 ignored = 0;
    if (GSS_ERROR(major)) {
        gss_release_buffer(&ignored, &out);
        auto error = gss_error(minor, Step::service);
        if (error.code == KerberosFault::not_delegated && !is_forwardable(credential_.get()))
            error.code = KerberosFault::user_refused;
        return error;
    }
    Token token;
    token.authorization = Secret(
        "Negotiate " +
        to_base64(spnego_init(BytesView(static_cast<const std::byte*>(out.value), out.length))));
    gss_release_buffer(&ignored, &out);
    const auto left =
        std::chrono::floor<std::chrono::seconds>(until_ - std::chrono::steady_clock::now());
    token.lifetime = std::min(left, std::chrono::seconds(seconds));
    return token;
}

struct GssAgent final : KerberosAgent {
    std::chrono::seconds lifetime() const override { return left; }
    Result<KerberosUserPtr> impersonate(const std::string& user,
                                        const std::string& service) const override;

    Context context;  // of the cache alone, whose destruction needs one
    Cache cache{context};
    GssCredential credential;
    std::chrono::seconds left{0};
};

Result<KerberosUserPtr> GssAgent::impersonate(const std::string& user,
                                              const std::string& service) const {
    auto target = gss_name(service);
    if (!target) return target.error();
    const auto name = gss_name(user);
    if (!name) return name.error();
    GssCredential users;
    OM_uint32 minor = 0;
    OM_uint32 seconds = 0;
    if (GSS_ERROR(gss_acquire_cred_impersonate_name(&minor, credential.get(), name->get(),
                                                    GSS_C_INDEFINITE, mechanisms(), GSS_C_INITIATE,
                                                    users.out(), nullptr, &seconds)))
        return gss_error(minor, Step::user);
    return std::make_shared<const GssUser>(std::move(users), std::move(*target),
                                           std::chrono::seconds(seconds));
}

}  // namespace

bool use_krb5_conf(const std::filesystem::path& file) {
    static const std::filesystem::path decided = [&file] {
        if (!file.empty()) ::setenv("KRB5_CONFIG", file.c_str(), 1);
        return file;
    }();
    return decided == file;
}

Result<void> check_keytab(const KerberosAccount& account) {
    const Context context;
    if (context.failure() != 0)
        return Error{KerberosFault::failed,
                     "krb5.conf cannot be used: " + kerberos::text_of_code(context.failure())};
    Name principal(context);
    Keytab keytab(context);
    auto failure = krb5_parse_name(context.get(), account.principal.c_str(), principal.out());
    if (failure == 0)
        failure = krb5_kt_resolve(context.get(), keytab_name(account).c_str(), keytab.out());
    krb5_keytab_entry entry{};
    if (failure == 0)
        failure = krb5_kt_get_entry(context.get(), keytab.get(), principal.get(), 0, 0, &entry);
    if (failure != 0) return context.error(failure, Step::log_on);
    krb5_free_keytab_entry_contents(context.get(), &entry);
    return {};
}

Result<KerberosAgentPtr> KerberosAgent::log_on(const KerberosAccount& account) {
    auto agent = std::make_shared<GssAgent>();
    const auto& context = agent->context;
    if (context.failure() != 0)
        return Error{KerberosFault::failed, kerberos::text_of_code(context.failure())};
    Name principal(context);
    Keytab keytab(context);
    Options options(context);
    Ticket ticket(context);
    auto failure = krb5_parse_name(context.get(), account.principal.c_str(), principal.out());
    if (failure == 0)
        failure = krb5_kt_resolve(context.get(), keytab_name(account).c_str(), keytab.out());
    if (failure == 0) failure = krb5_get_init_creds_opt_alloc(context.get(), options.out());
    if (failure != 0) return context.error(failure, Step::log_on);
    // What a KDC gives a user's ticket depends on this one, whatever krb5.conf has as default.
    krb5_get_init_creds_opt_set_forwardable(options.get(), 1);
    failure = krb5_get_init_creds_keytab(context.get(), &ticket.creds, principal.get(),
                                         keytab.get(), 0, nullptr, options.get());
    if (failure == 0)
        failure = krb5_cc_new_unique(context.get(), "MEMORY", nullptr, agent->cache.out());
    if (failure == 0)
        failure = krb5_cc_initialize(context.get(), agent->cache.get(), ticket.creds.client);
    if (failure == 0)
        failure = krb5_cc_store_cred(context.get(), agent->cache.get(), &ticket.creds);
    if (failure != 0) return context.error(failure, Step::log_on);

    const auto cache = std::string("MEMORY:") + krb5_cc_get_name(context.get(), agent->cache.get());
    const auto client_keytab = keytab_name(account);
    std::array<gss_key_value_element_desc, 2> elements{
        {{"ccache", cache.c_str()}, {"client_keytab", client_keytab.c_str()}}};
    const gss_key_value_set_desc store{elements.size(), elements.data()};
    OM_uint32 minor = 0;
    OM_uint32 seconds = 0;
    if (GSS_ERROR(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, mechanisms(),
                                        GSS_C_INITIATE, &store, agent->credential.out(), nullptr,
                                        &seconds)))
        return gss_error(minor, Step::log_on);
    agent->left = std::chrono::seconds(seconds);
    return KerberosAgentPtr(std::move(agent));
}

}  // namespace sallyport::agent
