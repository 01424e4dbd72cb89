// A transparency log in memory: what an agent would offer to a witness.
#pragma once

#include "certs/key.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/proof.hpp"
#include "tlog/signer.hpp"
#include "tlog/spelling.hpp"
#include "tlog/tree.hpp"
#include "tunnel/control_message.hpp"

#include <string>
#include <vector>

namespace sallyport::test {

class TestAuditLog {
public:
    explicit TestAuditLog(std::string origin)
        : signers_{*tlog::Signer::create(std::move(origin), new_key())} {}

    static certs::Key new_key() { return *certs::Key::generate(certs::KeyKind::ed25519); }
    const tlog::Signer& key() const { return signers_.back(); }

    /// Leaf number `index` says `text`, if it is said here; else its number.
    void append(std::size_t count, std::string_view text = "leaf") {
        for (std::size_t i = 0; i < count; ++i) {
            const auto leaf = std::string(text) + std::to_string(leaves_.size());
            leaves_.push_back(tlog::leaf_hash(as_bytes(leaf)));
        }
    }
    std::uint64_t size() const { return leaves_.size(); }
    /// Everything from now on is signed by another key.
    void change_key() {
        signers_.push_back(*tlog::Signer::create(key().verifier().name(), new_key()));
    }

    enum class Names { nobody, successor };
    /// A checkpoint of the first `size` leaves that goes on from `old_size`, signed by the last
    /// `signers` keys.
    tunnel::Checkpoint offer(std::uint64_t old_size, std::uint64_t size, std::size_t signers = 1,
                             Names names = Names::successor) const {
        tlog::Range old(0);
        tlog::Range since(old_size);
        for (std::uint64_t i = 0; i < size; ++i) (i < old_size ? old : since).append(leaves_[i]);
        tlog::Range all = old;
        if (size > old_size) (void)all.append(since).has_value();
        tlog::Checkpoint checkpoint{key().verifier().name(), size, all.root(), {}};
        if (signers > 1 && names == Names::successor)
            checkpoint = tlog::Checkpoint::with_successor(checkpoint, key().verifier().to_text());
        tlog::Note note{checkpoint.to_text(), {}};
        tunnel::Checkpoint message{.note = {}, .old_size = old_size};
        for (auto i = signers_.size() - signers; i < signers_.size(); ++i) {
            note.add(*signers_[i].sign(note.text));
            message.keys.push_back(signers_[i].verifier().to_text());
        }
        message.note = note.to_text();
        for (const auto& hash : tlog::consistency_proof(old, since))
            message.proof.push_back(tlog::to_text(hash));
        return message;
    }

private:
    std::vector<tlog::Signer> signers_;
    std::vector<tlog::Hash> leaves_;
};

}  // namespace sallyport::test
