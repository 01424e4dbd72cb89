#include "audit/gzip_reader.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <new>
#include <unistd.h>
#include <zlib.h>

namespace sallyport::audit {
namespace {

constexpr std::size_t input_bytes = 64 * 1024;
constexpr int gzip_window = 15 + 16;  // the largest window, and a gzip header only

}  // namespace

void GzipReader::End::operator()(z_stream_s* stream) const {
    ::inflateEnd(stream);
    delete stream;
}

GzipReader::GzipReader(FileDescriptor file, std::string name)
    : file_(std::move(file)), name_(std::move(name)), input_(input_bytes) {
    auto stream = std::make_unique<z_stream>();
    if (::inflateInit2(stream.get(), gzip_window) != Z_OK) throw std::bad_alloc();
    stream_.reset(stream.release());
}

Result<std::size_t> GzipReader::fill() {
    while (true) {
        const auto count = ::read(file_.get(), input_.data(), input_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + name_);
        stream_->next_in = input_.data();
        stream_->avail_in = static_cast<uInt>(count);
        return static_cast<std::size_t>(count);
    }
}

Result<std::size_t> GzipReader::read(std::span<char> into) {
    if (into.empty()) return 0U;
    stream_->next_out = reinterpret_cast<Bytef*>(into.data());
    const auto wanted = std::min<std::size_t>(into.size(), 1U << 30);
    stream_->avail_out = static_cast<uInt>(wanted);
    while (stream_->avail_out == wanted) {
        if (stream_->avail_in == 0) {
            const auto count = fill();
            if (!count) return count.error();
            if (*count == 0 && between_members_) return 0U;
            if (*count == 0) return Error{Errc::cut, name_ + ": the compressed content is cut off"};
        }
        between_members_ = false;
        const auto state = ::inflate(stream_.get(), Z_NO_FLUSH);
        if (state == Z_STREAM_END) {
            between_members_ = true;
            ::inflateReset(stream_.get());
            continue;
        }
        if (state != Z_OK && state != Z_BUF_ERROR)
            return Error{Errc::malformed, name_ + ": the compressed content is damaged: " +
                                              (stream_->msg ? stream_->msg : "no gzip file")};
    }
    return wanted - stream_->avail_out;
}

}  // namespace sallyport::audit
