#include "tlog/checkpoint.hpp"
#include "tlog/note.hpp"
#include "tlog/proof.hpp"
#include "tlog/record_proof.hpp"
#include "tlog/spelling.hpp"
#include "tlog/witness.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

/// Whatever is read has one spelling, and no made-up proof passes.
namespace {

using namespace sallyport;
using namespace sallyport::tlog;

void check(bool holds) {
    if (!holds) std::abort();
}

void read_texts(std::string_view text) {
    if (const auto note = Note::parse(text)) {
        check(note->to_text() == text);
        auto rest = text;
        if (Checkpoint::parse(note->text)) check(take_note(rest) == text && rest.empty());
    }
    if (const auto checkpoint = Checkpoint::parse(text)) {
        check(checkpoint->to_text() == text);
        if (const auto range = checkpoint->range())
            check(Checkpoint::with_range(checkpoint->origin, *range) == *checkpoint);
    }
    if (const auto request = AddCheckpoint::parse(text)) {
        check(request->to_text() == text);
        check(std::holds_alternative<Refused>(decide({"log", {}, 3, Hash{}}, *request)));
    }
    if (const auto proof = RecordProof::parse(text)) check(proof->to_text() == text);
    if (const auto key = VerifierKey::parse(text)) check(key->to_text() == text);
    if (const auto signatures = parse_signatures(text)) {
        std::string again;
        for (const auto& signature : *signatures) again += signature.to_text();
        check(again == text);
    }
    if (const auto size = parse_size_answer(text)) check(size_answer(*size) == text);
}

void take_notes(std::string_view text) {
    std::size_t taken = 0;
    for (auto rest = text; const auto note = take_note(rest);) {
        check(note->data() == text.data() + taken);
        taken += note->size();
    }
}

/// A proof that leads to a root nobody ever hashed would be a collision.
void verify_proofs(BytesView bytes) {
    std::vector<Hash> proof;
    std::uint64_t numbers[2] = {};
    for (std::size_t i = 0; i < 2 * sizeof numbers[0] && i < bytes.size(); ++i)
        numbers[i % 2] = numbers[i % 2] << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    for (; bytes.size() >= sizeof(Hash) && proof.size() <= proof_hashes_max;
         bytes = bytes.subspan(sizeof(Hash)))
        std::copy_n(bytes.begin(), sizeof(Hash), proof.emplace_back().begin());
    const Hash leaf = leaf_hash({});
    const Hash root = node_hash(leaf, leaf);
    if (numbers[1] != 2 && numbers[0] != numbers[1])
        check(!verify_inclusion(numbers[0], numbers[1], Hash{}, root, proof));
    if (numbers[0] != 0 && numbers[0] != numbers[1])
        check(!verify_consistency(numbers[0], Hash{}, numbers[1], root, proof));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes(reinterpret_cast<const std::byte*>(data), size);
    read_texts(as_text(bytes));
    take_notes(as_text(bytes));
    verify_proofs(bytes);
    return 0;
}
