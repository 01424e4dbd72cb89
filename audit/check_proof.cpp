#include "audit/disclosure.hpp"
#include "audit/prove.hpp"
#include "audit/record.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/record_proof.hpp"
#include "tlog/spelling.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace sallyport::audit {
namespace {

Error untrusted(std::string what) { return {Errc::untrusted, std::move(what)}; }

/// What stands behind the record in the extra data.
struct Extra {
    std::vector<tlog::VerifierKey> keys{};
    std::vector<Disclosed> disclosed{};
};

/// `{"vkey":"…"}`
Result<tlog::VerifierKey> parse_key(std::string_view line) {
    boost::system::error_code failure;
    const auto json = boost::json::parse(line, failure);
    const auto* object = failure ? nullptr : json.if_object();
    const auto* text =
        object && object->size() == 1 ? object->begin()->value().if_string() : nullptr;
    if (!text || object->begin()->key() != "vkey")
        return Error{Errc::malformed, "the extra data of the proof is not what we write"};
    return tlog::VerifierKey::parse({text->data(), text->size()});
}

/// The value that the record commits to under `<field>_c`.
Result<Disclosed> check(const Record& record, const Disclosure& disclosure) {
    const auto committed = record.text(commitment_key(disclosure.field));
    if (disclosure.sequence != record.sequence ||
        commitment(disclosure.salt, disclosure.value) != committed)
        return untrusted("the record does not say that " + disclosure.field + " was " +
                         disclosure.value);
    return Disclosed{disclosure.field, disclosure.value};
}

Result<Extra> read_extra(const Record& record, std::string_view lines) {
    Extra extra;
    while (!lines.empty()) {
        const auto line = tlog::take_line(lines);
        if (!line) return Error{Errc::malformed, "the extra data of the proof ends within a line"};
        if (const auto disclosure = parse_disclosure(*line)) {
            auto field = check(record, *disclosure);
            if (!field) return field.error();
            extra.disclosed.push_back(std::move(*field));
            continue;
        }
        auto key = parse_key(*line);
        if (!key) return key.error();
        extra.keys.push_back(std::move(*key));
    }
    return extra;
}

/// The vkeys that signed the checkpoint; the log itself must be among them.
Result<std::vector<std::string>> signers_of(const tlog::Note& note, std::string_view origin,
                                            std::span<const tlog::VerifierKey> keys) {
    const auto signed_by = note.verify(keys);
    if (!signed_by) return untrusted(signed_by.error().detail);
    std::vector<std::string> signers;
    bool log = false;
    for (const auto index : *signed_by) {
        const auto& key = keys[index];
        const bool own = key.name() == origin && key.type() != tlog::KeyType::cosignature;
        log = log || own;
        signers.insert(own ? signers.begin() : signers.end(), key.to_text());
    }
    if (!log) return untrusted("the log has not signed the checkpoint with a known key");
    return signers;
}

}  // namespace

Result<ProvenRecord> check_proof(std::string_view text, std::span<const tlog::VerifierKey> known) {
    const auto proof = tlog::RecordProof::parse(text);
    if (!proof) return proof.error();
    const auto checkpoint = tlog::Checkpoint::parse(proof->note.text);
    if (!checkpoint) return checkpoint.error();
    std::string_view rest = proof->extra;
    if (!tlog::take_line(rest)) return Error{Errc::malformed, "the proof holds no record"};
    const auto line = proof->extra.substr(0, proof->extra.size() - rest.size());
    const auto included =
        tlog::verify_inclusion(proof->index, checkpoint->size, tlog::leaf_hash(as_bytes(line)),
                               checkpoint->root, proof->hashes);
    if (!included) return included.error();
    const auto record = parse_record(line);
    if (!record) return record.error();
    if (record->sequence != proof->index) return untrusted("the record stands at another place");
    auto extra = read_extra(*record, rest);
    if (!extra) return extra.error();
    auto signers =
        signers_of(proof->note, checkpoint->origin,
                   known.empty() ? std::span<const tlog::VerifierKey>(extra->keys) : known);
    if (!signers) return signers.error();
    return ProvenRecord{line,
                        proof->index,
                        std::move(extra->disclosed),
                        checkpoint->origin,
                        checkpoint->size,
                        std::move(*signers),
                        known.empty()};
}

}  // namespace sallyport::audit
