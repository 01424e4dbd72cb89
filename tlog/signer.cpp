#include "tlog/signer.hpp"

#include "base/error.hpp"
#include "certs/public_key_encoding.hpp"
#include "certs/signature.hpp"
#include "tlog/cosigned_text.hpp"

namespace sallyport::tlog {

Signer::Signer(certs::Key key, VerifierKey verifier)
    : key_(std::move(key)), verifier_(std::move(verifier)) {}

Result<Signer> Signer::create(std::string name, certs::Key key) {
    const auto type = certs::is_ed25519(key.public_key()) ? KeyType::ed25519 : KeyType::ecdsa;
    auto verifier = VerifierKey::create(std::move(name), type, key.public_key());
    if (!verifier) return verifier.error();
    return Signer(std::move(key), std::move(*verifier));
}

Result<NoteSignature> Signer::sign(std::string_view note_text) const {
    auto signature = certs::sign(key_, note_text);
    if (!signature) return signature.error();
    return NoteSignature{verifier_.name(), verifier_.id(), std::move(*signature)};
}

Cosigner::Cosigner(certs::Key key, VerifierKey verifier)
    : key_(std::move(key)), verifier_(std::move(verifier)) {}

Result<Cosigner> Cosigner::create(std::string name, certs::Key key) {
    auto verifier = VerifierKey::create(std::move(name), KeyType::cosignature, key.public_key());
    if (!verifier) return verifier.error();
    return Cosigner(std::move(key), std::move(*verifier));
}

Result<NoteSignature> Cosigner::cosign(std::string_view note_text, std::uint64_t seconds) const {
    if (seconds > cosignature_time_max) return Error{Errc::limit, "a time beyond all clocks"};
    auto signature = certs::sign(key_, cosigned_text(seconds, note_text));
    if (!signature) return signature.error();
    std::string timed;
    for (std::size_t byte = cosignature_time_bytes; byte-- > 0;)
        timed += static_cast<char>(seconds >> 8 * byte & 0xff);
    return NoteSignature{verifier_.name(), verifier_.id(), timed + *signature};
}

}  // namespace sallyport::tlog
