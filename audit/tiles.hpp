// C2SP tlog-tiles: a log as files that every reader of transparency logs understands.
#pragma once

#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Hashes of a full tile, and records of a full bundle.
inline constexpr std::size_t tile_width = 256;

/// Takes the records of a log one after the other, from the first on, and makes its tiles.
class Tiles {
public:
    /// Gets each file once it is complete: "tile/0/x001/234", "tile/entries/000.p/17".
    using Emit = std::function<Result<void>(const std::string& name, std::string_view content)>;
    explicit Tiles(Emit emit) : emit_(std::move(emit)) {}

    /// `entry`: at most 65 535 bytes. Errors: Errc::limit; those of emit.
    Result<void> append(std::string_view entry);
    /// Makes what is not full: the partial tiles of this size.
    Result<void> finish();

private:
    struct Level {
        std::vector<tlog::Hash> hashes{};  // of the tile that is being filled
        std::uint64_t tiles = 0;           // full ones before it
    };
    Result<void> add(std::size_t level, const tlog::Hash& hash);
    Result<void> emit_tile(std::size_t level);
    Result<void> emit_bundle();

    Emit emit_;
    std::vector<Level> levels_;
    std::string bundle_;
    std::size_t bundle_entries_ = 0;
    std::uint64_t bundles_ = 0;
};

/// "x001/x234/067"; of a partial one "x001/x234/067.p/17".
std::string tile_path(std::uint64_t index, std::size_t width);

}  // namespace sallyport::audit
