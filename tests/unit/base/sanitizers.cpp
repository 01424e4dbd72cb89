// What ThreadSanitizer is not to report: spdlog comes from the system without its instrumentation,
// so it does not see that whoever deletes a logger or a sink is the last who had it.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer asks for this name.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() { return "race:spdlog::"; }
// NOLINTEND(bugprone-reserved-identifier)
}
