// Keys and signed texts for tests.
#pragma once

#include "tlog/checkpoint.hpp"
#include "tlog/signer.hpp"

#include <string>

namespace sallyport::tlog::test {

inline Signer signer(std::string name, certs::KeyKind kind = certs::KeyKind::ed25519) {
    return Signer::create(std::move(name), certs::Key::generate(kind).value()).value();
}

inline Cosigner cosigner(std::string name) {
    return Cosigner::create(std::move(name), certs::Key::generate(certs::KeyKind::ed25519).value())
        .value();
}

inline Note signed_by(const Signer& key, std::string text) {
    Note note{std::move(text), {}};
    note.add(key.sign(note.text).value());
    return note;
}

}  // namespace sallyport::tlog::test
