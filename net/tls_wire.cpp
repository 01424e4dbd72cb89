#include "net/tls_wire.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::net {
namespace {

TlsWire& wire_of(BIO* bio) { return *static_cast<TlsWire*>(BIO_get_data(bio)); }

int read_wire(BIO* bio, char* into, std::size_t size, std::size_t* done) {
    auto& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    *done = std::min(size, wire.in.size());
    if (*done == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(into, wire.in.data(), *done);
    wire.in = wire.in.subspan(*done);
    return 1;
}

int write_wire(BIO* bio, const char* from, std::size_t size, std::size_t* done) {
    auto& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    *done = 0;
    if (wire.out == nullptr) return 0;  // outside a call of ours nothing is written
    const auto* bytes = reinterpret_cast<const std::byte*>(from);
    wire.out->insert(wire.out->end(), bytes, bytes + size);
    *done = size;
    return 1;
}

long control_wire(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create_wire(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

const BIO_METHOD* wire_method() {
    static const auto method = [] {
        std::unique_ptr<BIO_METHOD, certs::FreeWith<BIO_meth_free>> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sallyport wire"));
        if (made && (BIO_meth_set_read_ex(made.get(), read_wire) != 1 ||
                     BIO_meth_set_write_ex(made.get(), write_wire) != 1 ||
                     BIO_meth_set_ctrl(made.get(), control_wire) != 1 ||
                     BIO_meth_set_create(made.get(), create_wire) != 1))
            made.reset();
        return made;
    }();
    return method.get();
}

}  // namespace

certs::BioPtr make_wire_bio(TlsWire& wire) {
    const auto* method = wire_method();
    certs::BioPtr bio(method != nullptr ? BIO_new(method) : nullptr);
    if (bio) BIO_set_data(bio.get(), &wire);
    return bio;
}

std::vector<std::unique_ptr<TlsScratch::Buffers>>& TlsScratch::spare() {
    thread_local std::vector<std::unique_ptr<Buffers>> buffers;
    return buffers;
}

TlsScratch::TlsScratch() {
    auto& kept = spare();
    if (kept.empty()) {
        buffers_.reset(new Buffers);  // not make_unique: nothing here needs zeros
        return;
    }
    buffers_ = std::move(kept.back());
    kept.pop_back();
}

TlsScratch::~TlsScratch() {
    buffers_->out.clear();
    if (buffers_->out.capacity() > out_bytes_kept_max) Bytes().swap(buffers_->out);
    spare().push_back(std::move(buffers_));
}

}  // namespace sallyport::net
