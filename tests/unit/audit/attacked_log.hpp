// A log whose files somebody changes who may write all of them, but has not the key.
#pragma once

#include "audit/checkpoint_file.hpp"
#include "audit/line_head.hpp"
#include "audit/log_keys.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "tlog/signer.hpp"
#include "tlog/tree.hpp"

#include <functional>
#include <zlib.h>

namespace sallyport::audit {

class AttackedLog {
public:
    using Lines = std::vector<std::string>;

    AttackedLog(const std::filesystem::path& root, const std::filesystem::path& folder)
        : root_(root), folder_(folder) {}

    /// log.opened, ten begins, log.closed; signed after each pair.
    void write(std::unique_ptr<Log> log) {
        vkey_ = log->identity().vkey;
        origin_ = log->identity().origin;
        for (int i = 0; i < 10; ++i) {
            const auto id = std::to_string(i);
            log->append(LinkUp{.hub = "erp.virtual", .link = id});
            if (i % 2 == 0) continue;
            ASSERT_TRUE(log->seal(not_recorded));
            if (i == 3)
                std::filesystem::copy(folder_, root_ / "older",
                                      std::filesystem::copy_options::recursive);
        }
        log.reset();
        // What a witness has: the newest checkpoint.
        auto note = *tlog::Note::parse(newest_note());
        note.add(*witness_.cosign(note.text, 1'700'000'000));
        cosigned_ = note.to_text();
    }

    VerifyOptions kept() const {
        return {.keys = {*tlog::VerifierKey::parse(vkey_)},
                .checkpoints = {cosigned_},
                .witnesses = {witness_.verifier()}};
    }

    static void replace(std::string& text, std::string_view what, std::string_view with) {
        const auto at = text.find(what);
        ASSERT_NE(at, std::string::npos) << what;
        text.replace(at, what.size(), with);
    }
    static Lines split(std::string_view text) {
        Lines all;
        while (!text.empty()) {
            const auto end = text.find('\n') + 1;
            all.emplace_back(text.substr(0, end));
            text.remove_prefix(end);
        }
        return all;
    }
    static void chain_again(Lines& all) {
        tlog::Hash last{};
        Sequence sequence = 0;
        for (auto& line : all) {
            line.replace(0, line.find(','), "{\"seq\":" + std::to_string(sequence++));
            line.replace(line.find("\"prev\":\"") + 8, 64, to_hex(last));
            last = tlog::leaf_hash(as_bytes(line));
        }
    }

    void edit_file(const std::string& name, const std::function<void(std::string&)>& change) {
        auto text = *read_file(folder_ / name);
        change(text);
        ASSERT_TRUE(replace_file(folder_ / name, text, 0640));
    }
    void edit_lines(const std::function<void(Lines&)>& change) {
        edit_file(segment_name(0), [&](std::string& text) {
            auto lines = split(text);
            change(lines);
            text.clear();
            for (const auto& line : lines) text += line;
        });
    }
    void edit_checkpoints(const std::function<void(std::string&)>& change) {
        edit_file(checkpoint_file_name(0), change);
    }
    void remove(const std::string& name) { std::filesystem::remove(folder_ / name); }
    void rename(const std::string& from, const std::string& to) {
        std::filesystem::rename(folder_ / from, folder_ / to);
    }
    std::size_t newest() const { return list_segments(folder_)->size() - 1; }
    Sequence first_of(std::size_t i) const { return (*list_segments(folder_))[i].first; }
    std::string segment(std::size_t i) const { return segment_name(first_of(i)); }

    /// Back to a checkpoint that was there, with the records it signs.
    void cut_with_checkpoints() {
        std::size_t kept = 0;
        edit_checkpoints([&](std::string& text) {
            const auto spans = split_notes(text);
            const auto note = spans.notes[3];
            kept = read_checkpoint(note)->size;
            text.resize(static_cast<std::size_t>(note.data() + note.size() - text.data()));
        });
        edit_lines([&](Lines& lines) { lines.resize(kept); });
    }
    /// Records that were signed, and what a crash might leave of a next segment.
    void cut_and_add_segment(std::string_view content) {
        edit_lines([](Lines& lines) { lines.resize(lines.size() - 2); });
        ASSERT_TRUE(replace_file(folder_ / segment_name(999'999), content, 0640));
    }
    /// Checkpoints up to the fourth, or none, and other records behind them.
    void rewrite_without_checkpoints(bool none) {
        edit_checkpoints([&](std::string& text) {
            const auto note = split_notes(text).notes[3];
            text.resize(static_cast<std::size_t>(note.data() + note.size() - text.data()));
        });
        if (none) remove(checkpoint_file_name(0));
        edit_lines([](Lines& lines) {
            replace(lines[lines.size() - 2], "erp.", "www.");
            chain_again(lines);
        });
    }
    void roll_back() {
        std::filesystem::remove_all(folder_);
        std::filesystem::rename(root_ / "older", folder_);
        edit_lines([](Lines& lines) { lines.resize(5); });
    }
    void remove_seals() {
        remove("vkeys");
        remove(checkpoint_file_name(0));
    }
    void replace_vkeys() { ASSERT_TRUE(LogKeys(another_key().verifier()).write(folder_)); }
    std::string signed_by_another_key() const {
        const auto note = *tlog::Note::parse(newest_note());
        return sign(note.text, another_key());
    }
    std::string note_of_another_log() const {
        auto checkpoint = *read_checkpoint(newest_note());
        checkpoint.origin = "sallyport/other";
        return sign(checkpoint.to_text(), another_key("sallyport/other"));
    }
    /// Other records, other key, all of it consistent.
    void replace_all() {
        const auto key = another_key();
        edit_lines([&](Lines& lines) {
            replace(lines[0], vkey_, key.verifier().to_text());
            replace(lines[4], "erp.", "www.");
            chain_again(lines);
            tlog::Range range;
            auto notes = sign(tlog::Checkpoint::with_range(origin_, range).to_text(), key);
            for (const auto& line : lines) range.append(tlog::leaf_hash(as_bytes(line)));
            notes += sign(tlog::Checkpoint{origin_, range.end(), range.root(), {}}.to_text(), key);
            edit_checkpoints([&](std::string& text) { text = notes; });
        });
        replace_vkeys();
    }
    /// Other records, and nothing that tells of keys.
    void replace_all_without_seals() {
        edit_lines([](Lines& lines) {
            lines[0].replace(lines[0].find(",\"origin\""), std::string::npos, "}\n");
            replace(lines[4], "erp.", "www.");
            chain_again(lines);
        });
        remove_seals();
    }
    void compress(std::size_t i, const std::function<void(std::string&)>& change) {
        const auto path = folder_ / segment(i);
        auto text = *read_file(path);
        change(text);
        auto* file = ::gzopen((path.string() + ".gz").c_str(), "wb");
        ASSERT_NE(file, nullptr);
        ASSERT_GT(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())), 0);
        ASSERT_EQ(::gzclose(file), Z_OK);
        std::filesystem::remove(path);
    }

private:
    static std::string sign(const std::string& text, const tlog::Signer& key) {
        tlog::Note note{.text = text, .signatures = {}};
        note.add(*key.sign(text));
        return note.to_text();
    }
    tlog::Signer another_key() const { return another_key(origin_); }
    tlog::Signer another_key(const std::string& name) const {
        return *tlog::Signer::create(name, another_);
    }
    std::string newest_note() const {
        const auto file = list_checkpoint_files(folder_)->back();
        const auto text = *read_file(file.path);
        return std::string(split_notes(text).notes.back());
    }

    std::filesystem::path root_;
    std::filesystem::path folder_;
    std::string vkey_;
    std::string origin_;
    std::string cosigned_;
    certs::Key another_ = *certs::Key::generate(certs::KeyKind::ed25519);
    tlog::Cosigner witness_ =
        *tlog::Cosigner::create("witness.example", *certs::Key::generate(certs::KeyKind::ed25519));
};

}  // namespace sallyport::audit
