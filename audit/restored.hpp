#pragma once

#include <string_view>

namespace sallyport::audit {

/// With these words begins why a log was put aside that came out of a backup: nothing was wrong
/// with it, but it ends where the backup was made (`broken` of Generation and Predecessor).
inline constexpr std::string_view restored_words = "restored from a backup";

inline bool is_restored(std::string_view why) { return why.starts_with(restored_words); }

}  // namespace sallyport::audit
