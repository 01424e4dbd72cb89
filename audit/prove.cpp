#include "audit/prove.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/disclosure_reader.hpp"
#include "audit/log_keys.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "tlog/record_proof.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>

namespace sallyport::audit {
namespace {

Error not_found(std::string what) { return {Errc::not_found, std::move(what)}; }

/// The segments from the one with the record on.
Result<std::vector<Segment>> segments_from(const std::filesystem::path& folder, Sequence sequence) {
    auto segments = list_segments(folder);
    if (!segments) return segments.error();
    if (segments->empty()) return not_found(folder.string() + " holds no audit log");
    if (sequence < segments->front().first)
        return not_found("the records before " + std::to_string(segments->front().first) +
                         " are not there any more");
    const auto after = std::ranges::upper_bound(*segments, sequence, {}, &Segment::first);
    segments->erase(segments->begin(), after - 1);
    return segments;
}

Result<std::vector<std::string>> notes_of(const std::filesystem::path& folder, Sequence first) {
    const auto content = read_file(folder / checkpoint_file_name(first), checkpoint_file_bytes_max);
    if (!content) return content.error();
    const auto spans = split_notes(*content);
    return std::vector<std::string>(spans.notes.begin(), spans.notes.end());
}

/// Signed by more than the log.
bool is_witnessed(const tlog::Note& note, std::string_view origin) {
    return std::ranges::any_of(note.signatures,
                               [&](const auto& line) { return line.name != origin; });
}

/// The checkpoint that serves best: witnessed before not, then the one that needs the fewest
/// records.
struct Choice {
    std::string note{};
    std::uint64_t size = 0;
    bool witnessed = false;

    void offer(const std::string& bytes, Sequence sequence) {
        const auto note_read = tlog::Note::parse(bytes);
        if (!note_read) return;
        const auto checkpoint = tlog::Checkpoint::parse(note_read->text);
        if (!checkpoint || checkpoint->size <= sequence) return;
        const bool better = is_witnessed(*note_read, checkpoint->origin);
        if (!note.empty() && (better == witnessed ? checkpoint->size >= size : witnessed)) return;
        *this = {bytes, checkpoint->size, better};
    }
};

/// Looks in the record's own segment and in the next: a witness signs soon or never.
Result<SignedCheckpoint> choose(const std::filesystem::path& folder, const LogKeys& keys,
                                const std::vector<Segment>& segments, Sequence sequence) {
    constexpr std::size_t files = 2;
    Choice choice;
    for (const auto& segment : std::span(segments).first(std::min(files, segments.size()))) {
        if (choice.witnessed) break;
        const auto notes = notes_of(folder, segment.first);
        if (!notes && choice.note.empty()) return notes.error();
        if (!notes) break;
        for (const auto& note : *notes) choice.offer(note, sequence);
    }
    if (choice.note.empty())
        return not_found("no checkpoint covers record " + std::to_string(sequence) +
                         " yet: there is no such record, or it is too new");
    return keys.verify(choice.note);
}

/// The range before the segment, which its opening checkpoint signs.
Result<tlog::Range> range_before(const std::filesystem::path& folder, const LogKeys& keys,
                                 const Segment& segment) {
    const auto notes = notes_of(folder, segment.first);
    if (!notes) return notes.error();
    if (notes->empty()) return Error{Errc::untrusted, "a segment without its opening checkpoint"};
    const auto opening = keys.verify(notes->front());
    if (!opening) return opening.error();
    auto range = opening->checkpoint.range();
    if (range && range->end() != segment.first)
        return Error{Errc::untrusted, "a segment with the opening checkpoint of another"};
    return range;
}

struct Found {
    std::string line{};
    std::vector<tlog::Hash> path{};
};

Result<Found> read_records(Reader reader, tlog::Range before, Sequence sequence,
                           std::uint64_t size) {
    Found found;
    tlog::Range after(sequence + 1);
    for (auto next = before.end(); next < size; ++next) {
        const auto line = reader.next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole || !(*line)->fits())
            return Error{Errc::untrusted, "record " + std::to_string(next) +
                                              ", which was signed, is not there; run audit verify"};
        const auto bytes = (*line)->bytes;
        if (next == sequence) {
            found.line = bytes;
            continue;
        }
        (next < sequence ? before : after).append(tlog::leaf_hash(as_bytes(bytes)));
    }
    found.path = tlog::inclusion_proof(before, after);
    return found;
}

std::string key_line(const tlog::VerifierKey& key) {
    return boost::json::serialize(boost::json::object{{"vkey", key.to_text()}}) + '\n';
}

std::string disclosure_line(const Disclosure& disclosure) {
    return boost::json::serialize(boost::json::object{{"seq", disclosure.sequence},
                                                      {"field", disclosure.field},
                                                      {"salt", to_hex(disclosure.salt)},
                                                      {"value", disclosure.value}}) +
           '\n';
}

/// What is there goes into the proof; what is not is named.
Result<void> disclose(const Segment& segment, std::string_view line, Sequence sequence,
                      tlog::RecordProof& proof, Proof& made) {
    DisclosureReader reader(disclosures_path(segment));
    const auto disclosures = reader.of(sequence);
    if (!disclosures) return disclosures.error();
    for (const auto& disclosure : *disclosures) {
        proof.extra += disclosure_line(disclosure);
        made.disclosed.push_back(disclosure.field);
    }
    const auto record = parse_record(line);
    if (!record) return record.error();
    for (const auto field : personal_fields) {
        const auto committed = record->fields.contains(commitment_key(field));
        const bool told = std::ranges::find(made.disclosed, field) != made.disclosed.end();
        if (committed && !told) made.undisclosed.emplace_back(field);
    }
    return {};
}

}  // namespace

Result<Proof> prove(const std::filesystem::path& folder, Sequence sequence, Disclosing disclosing) {
    const auto keys = LogKeys::read(folder);
    if (!keys) return keys.error();
    if (!*keys) return not_found("the log in " + folder.string() + " is not signed");
    auto segments = segments_from(folder, sequence);
    if (!segments) return segments.error();
    auto checkpoint = choose(folder, **keys, *segments, sequence);
    if (!checkpoint) return checkpoint.error();
    const auto segment = segments->front();
    auto before = range_before(folder, **keys, segment);
    if (!before) return before.error();
    const auto size = checkpoint->checkpoint.size;
    auto found = read_records(Reader(std::move(*segments)), std::move(*before), sequence, size);
    if (!found) return found.error();

    tlog::RecordProof proof{.extra = found->line,
                            .index = sequence,
                            .hashes = std::move(found->path),
                            .note = std::move(checkpoint->note)};
    for (const auto signer : checkpoint->signers)
        proof.extra += key_line((*keys)->known()[signer].key);
    Proof made{.origin = (*keys)->origin(), .size = size};
    if (disclosing == Disclosing::yes)
        if (auto disclosed = disclose(segment, found->line, sequence, proof, made); !disclosed)
            return disclosed.error();
    made.text = proof.to_text();
    if (const auto checked = check_proof(made.text, {}); !checked)
        return Error{Errc::untrusted, checked.error().detail + "; run audit verify"};
    return made;
}

}  // namespace sallyport::audit
