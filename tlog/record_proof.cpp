#include "tlog/record_proof.hpp"

#include "base/error.hpp"
#include "tlog/spelling.hpp"

namespace sallyport::tlog {
namespace {

constexpr std::string_view form = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_word = "extra ";
constexpr std::string_view index_word = "index ";

Error malformed_proof(const char* what) { return Error{Errc::malformed, what}; }

}  // namespace

Result<RecordProof> RecordProof::parse(std::string_view text) {
    if (text.size() > record_proof_bytes_max) return Error{Errc::limit, "the proof is too long"};
    RecordProof proof;
    auto line = take_line(text);
    if (line != form) return malformed_proof("a proof begins with c2sp.org/tlog-proof@v1");
    line = take_line(text);
    if (line && line->starts_with(extra_word)) {
        const auto extra = parse_base64(line->substr(extra_word.size()));
        if (!extra) return extra.error();
        if (extra->empty()) return malformed_proof("extra data without data");
        proof.extra = as_text(*extra);
        line = take_line(text);
    }
    if (!line || !line->starts_with(index_word)) return malformed_proof("a proof without an index");
    const auto index = parse_size(line->substr(index_word.size()));
    if (!index) return index.error();
    proof.index = *index;
    for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
        if (proof.hashes.size() == proof_hashes_max)
            return Error{Errc::limit, "the proof has too many hashes"};
        const auto hash = parse_hash(*line);
        if (!hash) return hash.error();
        proof.hashes.push_back(*hash);
    }
    if (!line) return malformed_proof("no empty line before the checkpoint");
    auto note = Note::parse(text);
    if (!note) return note.error();
    proof.note = std::move(*note);
    return proof;
}

std::string RecordProof::to_text() const {
    auto text = std::string(form) + '\n';
    if (!extra.empty()) text += std::string(extra_word) + to_base64(as_bytes(extra)) + '\n';
    text += std::string(index_word) + std::to_string(index) + '\n';
    for (const auto& hash : hashes) text += tlog::to_text(hash) + '\n';
    return text + '\n' + note.to_text();
}

}  // namespace sallyport::tlog
