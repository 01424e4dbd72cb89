#pragma once

#include <atomic>

namespace sallyport::audit {

/// Lets system calls of the code under test fail. The test is linked with `--wrap` for each of them
/// (tests/CMakeLists.txt), so that none can be forgotten.
struct FailingCalls {
    enum class How { once, from_then_on, in_part };
    struct Fault {
        int error;  // errno; of `in_part` nothing
        How how;    // in_part: half of the bytes are written, and the call says so
    };
    /// From now on the calls that can fail like this are counted, and the n-th one (from 0) fails.
    static void arm(long n, Fault fault);
    static void disarm();
    /// Whether a call has failed since arm().
    static bool happened();
    /// Such calls since arm().
    static long count();
};

}  // namespace sallyport::audit
