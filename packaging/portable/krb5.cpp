// MIT krb5 for the programs that bring their libraries along: loaded when Kerberos is used for the
// first time, so that all else runs where there is none. What agent/kerberos*.cpp call is found
// here and handed on; a call that is missing here would make the program need the library again,
// which tests/packaging sees.
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>
#include <profile.h>

namespace {

constexpr const char* library_name = "libgssapi_krb5.so.2";  // it brings libkrb5 with it
constexpr const char* missing_text =
    "MIT krb5 (libgssapi_krb5.so.2) is not installed: install krb5-libs, or libgssapi-krb5-2";

/// Null if there is none.
void* library() {
    static void* const handle = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    return handle;
}

/// Nothing but krb5_init_context() and what texts are made with is called without the library.
template <class Function>
Function* find(const char* name) {
    void* const found = library() == nullptr ? nullptr : ::dlsym(library(), name);
    if (found == nullptr) std::abort();
    return reinterpret_cast<Function*>(found);
}

gss_OID_desc krb5_mechanism{9, const_cast<char*>("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")};
gss_OID_desc krb5_name{10, const_cast<char*>("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01")};

}  // namespace

#define SALLYPORT_HAND_ON(name, ...)                               \
    {                                                              \
        static auto* const function = find<decltype(name)>(#name); \
        return function(__VA_ARGS__);                              \
    }

extern "C" {

const gss_OID gss_mech_krb5 = &krb5_mechanism;          // RFC 1964 section 1
const gss_OID GSS_KRB5_NT_PRINCIPAL_NAME = &krb5_name;  // RFC 1964 section 2.1.1

krb5_error_code krb5_init_context(krb5_context* context) {
    if (library() == nullptr) return ENOENT;
    SALLYPORT_HAND_ON(krb5_init_context, context)
}
const char* krb5_get_error_message(krb5_context context, krb5_error_code code) {
    if (library() == nullptr) return missing_text;
    SALLYPORT_HAND_ON(krb5_get_error_message, context, code)
}
void krb5_free_error_message(krb5_context context, const char* text) {
    if (library() == nullptr) return;
    SALLYPORT_HAND_ON(krb5_free_error_message, context, text)
}
void krb5_free_context(krb5_context context) { SALLYPORT_HAND_ON(krb5_free_context, context) }
void krb5_free_principal(krb5_context context, krb5_principal name) {
    SALLYPORT_HAND_ON(krb5_free_principal, context, name)
}
void krb5_free_cred_contents(krb5_context context, krb5_creds* creds){
    SALLYPORT_HAND_ON(krb5_free_cred_contents, context, creds)} krb5_boolean
    krb5_is_config_principal(krb5_context context, krb5_const_principal name){
        SALLYPORT_HAND_ON(krb5_is_config_principal, context, name)} krb5_error_code
    krb5_parse_name(krb5_context context, const char* text,
                    krb5_principal* name){SALLYPORT_HAND_ON(krb5_parse_name, context, text, name)}

krb5_error_code krb5_get_profile(krb5_context context, profile_t* profile) {
    SALLYPORT_HAND_ON(krb5_get_profile, context, profile)
}
long profile_get_values(profile_t profile, const char* const* names, char*** values) {
    SALLYPORT_HAND_ON(profile_get_values, profile, names, values)
}
void profile_free_list(char** list) { SALLYPORT_HAND_ON(profile_free_list, list) }
void profile_release(profile_t profile){SALLYPORT_HAND_ON(profile_release, profile)}

krb5_error_code krb5_cc_new_unique(krb5_context context, const char* type, const char* hint,
                                   krb5_ccache* cache){
    SALLYPORT_HAND_ON(krb5_cc_new_unique, context, type, hint, cache)} krb5_error_code
    krb5_cc_initialize(krb5_context context, krb5_ccache cache, krb5_principal name){
        SALLYPORT_HAND_ON(krb5_cc_initialize, context, cache, name)} krb5_error_code
    krb5_cc_store_cred(krb5_context context, krb5_ccache cache, krb5_creds* creds) {
    SALLYPORT_HAND_ON(krb5_cc_store_cred, context, cache, creds)
}
const char* krb5_cc_get_name(krb5_context context, krb5_ccache cache){
    SALLYPORT_HAND_ON(krb5_cc_get_name, context, cache)} krb5_error_code
    krb5_cc_start_seq_get(krb5_context context, krb5_ccache cache, krb5_cc_cursor* cursor){
        SALLYPORT_HAND_ON(krb5_cc_start_seq_get, context, cache, cursor)} krb5_error_code
    krb5_cc_next_cred(krb5_context context, krb5_ccache cache, krb5_cc_cursor* cursor,
                      krb5_creds* creds){
        SALLYPORT_HAND_ON(krb5_cc_next_cred, context, cache, cursor, creds)} krb5_error_code
    krb5_cc_end_seq_get(krb5_context context, krb5_ccache cache, krb5_cc_cursor* cursor){
        SALLYPORT_HAND_ON(krb5_cc_end_seq_get, context, cache, cursor)} krb5_error_code
    krb5_cc_destroy(krb5_context context,
                    krb5_ccache cache){SALLYPORT_HAND_ON(krb5_cc_destroy, context, cache)}

krb5_error_code krb5_kt_resolve(krb5_context context, const char* name, krb5_keytab* keytab){
    SALLYPORT_HAND_ON(krb5_kt_resolve, context, name, keytab)} krb5_error_code
    krb5_kt_get_entry(krb5_context context, krb5_keytab keytab, krb5_const_principal name,
                      krb5_kvno version, krb5_enctype type, krb5_keytab_entry* entry){
        SALLYPORT_HAND_ON(krb5_kt_get_entry, context, keytab, name, version, type,
                          entry)} krb5_error_code
    krb5_free_keytab_entry_contents(krb5_context context, krb5_keytab_entry* entry){
        SALLYPORT_HAND_ON(krb5_free_keytab_entry_contents, context, entry)} krb5_error_code
    krb5_kt_close(krb5_context context,
                  krb5_keytab keytab){SALLYPORT_HAND_ON(krb5_kt_close, context, keytab)}

krb5_error_code
    krb5_get_init_creds_opt_alloc(krb5_context context, krb5_get_init_creds_opt** options) {
    SALLYPORT_HAND_ON(krb5_get_init_creds_opt_alloc, context, options)
}
void krb5_get_init_creds_opt_free(krb5_context context, krb5_get_init_creds_opt* options) {
    SALLYPORT_HAND_ON(krb5_get_init_creds_opt_free, context, options)
}
void krb5_get_init_creds_opt_set_forwardable(krb5_get_init_creds_opt* options, int forwardable){
    SALLYPORT_HAND_ON(krb5_get_init_creds_opt_set_forwardable, options,
                      forwardable)} krb5_error_code
    krb5_get_init_creds_keytab(krb5_context context, krb5_creds* creds, krb5_principal client,
                               krb5_keytab keytab, krb5_deltat start, const char* service,
                               krb5_get_init_creds_opt* options){
        SALLYPORT_HAND_ON(krb5_get_init_creds_keytab, context, creds, client, keytab, start,
                          service, options)}

OM_uint32 gss_import_name(OM_uint32* minor, gss_buffer_t text, gss_OID type, gss_name_t* name){
    SALLYPORT_HAND_ON(gss_import_name, minor, text, type, name)} OM_uint32
    gss_release_name(OM_uint32* minor,
                     gss_name_t* name){SALLYPORT_HAND_ON(gss_release_name, minor, name)} OM_uint32
    gss_release_buffer(OM_uint32* minor, gss_buffer_t buffer){
        SALLYPORT_HAND_ON(gss_release_buffer, minor, buffer)} OM_uint32
    gss_release_cred(OM_uint32* minor, gss_cred_id_t* credential){
        SALLYPORT_HAND_ON(gss_release_cred, minor, credential)} OM_uint32
    gss_display_status(OM_uint32* minor, OM_uint32 status, int type, gss_OID mechanism,
                       OM_uint32* more, gss_buffer_t text){
        SALLYPORT_HAND_ON(gss_display_status, minor, status, type, mechanism, more, text)} OM_uint32
    gss_krb5_copy_ccache(OM_uint32* minor, gss_cred_id_t credential, krb5_ccache cache){
        SALLYPORT_HAND_ON(gss_krb5_copy_ccache, minor, credential, cache)} OM_uint32
    gss_acquire_cred_from(OM_uint32* minor, gss_name_t name, OM_uint32 seconds,
                          gss_OID_set mechanisms, gss_cred_usage_t usage,
                          gss_const_key_value_set_t store, gss_cred_id_t* credential,
                          gss_OID_set* actual, OM_uint32* left){
        SALLYPORT_HAND_ON(gss_acquire_cred_from, minor, name, seconds, mechanisms, usage, store,
                          credential, actual, left)} OM_uint32
    gss_acquire_cred_impersonate_name(OM_uint32* minor, const gss_cred_id_t impersonator,
                                      const gss_name_t name, OM_uint32 seconds,
                                      const gss_OID_set mechanisms, gss_cred_usage_t usage,
                                      gss_cred_id_t* credential, gss_OID_set* actual,
                                      OM_uint32* left){
        SALLYPORT_HAND_ON(gss_acquire_cred_impersonate_name, minor, impersonator, name, seconds,
                          mechanisms, usage, credential, actual, left)} OM_uint32
    gss_init_sec_context(OM_uint32* minor, gss_cred_id_t credential, gss_ctx_id_t* context,
                         gss_name_t target, gss_OID mechanism, OM_uint32 flags, OM_uint32 seconds,
                         gss_channel_bindings_t bindings, gss_buffer_t in, gss_OID* actual,
                         gss_buffer_t out, OM_uint32* actual_flags, OM_uint32* left){
        SALLYPORT_HAND_ON(gss_init_sec_context, minor, credential, context, target, mechanism,
                          flags, seconds, bindings, in, actual, out, actual_flags, left)} OM_uint32
    gss_delete_sec_context(OM_uint32* minor, gss_ctx_id_t* context, gss_buffer_t out) {
    SALLYPORT_HAND_ON(gss_delete_sec_context, minor, context, out)
}

}  // extern "C"
