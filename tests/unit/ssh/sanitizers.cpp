// What libssh2 1.10 forgets to free itself: the exponent of an own ECDSA key, each time it reads
// the key. Stacks through libraries need the slow way to be unwound.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizers ask for these names.
const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
const char* __lsan_default_suppressions() { return "leak:libssh2_userauth_publickey_frommemory"; }
// NOLINTEND(bugprone-reserved-identifier)
}
