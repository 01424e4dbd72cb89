// What witnesses have countersigned, and how that comes into the files.
#include "audit/writer.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace sallyport::audit {
namespace {

/// The key of a log at a size, and the one before it.
std::vector<std::string> keys_at(const LogKeys& keys, std::uint64_t size) {
    std::vector<std::string> told;
    for (const auto& [since, key] : keys.known())
        if (since <= size) told.push_back(key.to_text());
    while (told.size() > 2) told.erase(told.begin());
    return told;
}

}  // namespace

Result<Sealed> Log::Writer::seal(Sequence up_to) {
    auto sealed = sealer_->seal(up_to);
    if (sealed) sealed->witnessed = witnesses_.witnessed() >= std::min(up_to, sealed->size);
    return sealed;
}

/// Who ordered what the record tells is answered when this is done.
Result<void> Log::Writer::write_sealed(Sequence record) {
    if (auto written = write(); !written) return written;
    const auto sealed = sealer_->seal(record + 1);
    return sealed ? Result<void>() : sealed.error();
}

Sealed Log::Writer::sealed() const {
    const auto size = sealer_->sealed();
    return {.size = size, .witnessed = witnesses_.witnessed() >= size};
}

std::optional<Unwitnessed> Log::Writer::unwitnessed(std::string_view witness) {
    if (const auto size = witnesses_.remembered(witness))
        if (auto known = witness_knows(witness, *size); !known)
            log::warn("audit.witness_forgotten",
                      {{"witness", witness}, {"error", to_text(known.error())}});
    auto offer = witnesses_.offer(witness);
    if (!offer) return std::nullopt;
    const std::lock_guard lock(compose_mutex_);
    if (!keys_) return std::nullopt;
    offer->keys = keys_at(*keys_, offer->size);
    return offer;
}

Result<void> Log::Writer::cosigned(std::string_view witness, std::uint64_t size,
                                   std::string_view lines) {
    const auto note = witnesses_.cosigned(witness, size, lines);
    if (!note) return note.error();
    return sealer_->keep(*note, size);
}

Result<void> Log::Writer::witness_knows(std::string_view witness, std::uint64_t size) {
    std::optional<LogKeys> keys;
    {
        const std::lock_guard lock(compose_mutex_);
        keys = keys_;
    }
    if (!keys) return Error{Errc::unavailable, "the audit log is not at work"};
    return witnesses_.knows(witness, size, *keys);
}

}  // namespace sallyport::audit
