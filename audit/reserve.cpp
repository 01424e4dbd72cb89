#include "audit/reserve.hpp"

#include <cerrno>

namespace sallyport::audit {
namespace {

bool is_unsupported(const Error& failure) {
    const auto value = failure.code.value();
    return failure.code.category() == boost::system::system_category() &&
           (value == EOPNOTSUPP || value == ENOSYS);
}

}  // namespace

Result<void> Reserve::ahead(Disk& disk, int file, std::uint64_t end) {
    if (!supported_ || end + least_bytes <= end_) return {};
    auto wanted = end + chunk_bytes;
    auto done = disk.allocate(file, end_, wanted - end_);
    if (!done && is_full(done.error())) {  // less may do, for a while
        wanted = end + least_bytes;
        done = disk.allocate(file, end_, wanted - end_);
    }
    if (done) {
        end_ = wanted;
        return {};
    }
    if (!is_unsupported(done.error())) return done;
    supported_ = false;
    return {};
}

}  // namespace sallyport::audit
