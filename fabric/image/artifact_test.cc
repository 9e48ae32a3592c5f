// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/artifact.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "fabric/image/testing.h"

namespace csl::image {
namespace {

using testing::SampleArtifact;

std::filesystem::path FreshFolder(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::remove_all(path);
  return path;
}

TEST(Manifest, RoundTripOfBothFiles) {
  const Manifest m = SampleArtifact().manifest;
  auto back = ParseManifest(ManifestToJson(m), PlacementToBytes(m));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(*back, m);
}

// The worked example of docs/formats/placement.md.
TEST(Manifest, PlacementBytesAsDocumented) {
  Manifest m;
  m.placement = {{0, 0, 2, 1, 0}};
  ColorConfig east;
  east.positions[0] = {kRamp, kEast};
  m.color_configs = {east};
  m.color_runs = {{0, 0, 1, 1, 5, 0}};
  const std::vector<uint8_t> expected = {
      'C',  'S', 'L', 'P', 2, 0, 0, 0, 1, 0, 0, 0,                     // one placement run
      0,    0,   0,   0,   2, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0,         // one configuration
      0x10, 2,   0,   0,   0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,            // routes, positions, modes
      0,    0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   // filter
      1,    0,   0,   0,   0, 0, 0, 0, 1, 0, 1, 0, 5, 0, 0, 0, 0, 0};  // one color run
  EXPECT_EQ(PlacementToBytes(m), expected);
}

TEST(Manifest, JsonHasWhatHostScriptsRead) {
  const std::string json = ManifestToJson(SampleArtifact().manifest);
  EXPECT_NE(json.find("\"params\": {\n  \"M\": \"4\",\n  \"N\": \"6\"\n }"), std::string::npos)
      << json;
  EXPECT_NE(json.find("\"colors\": {\n  \"out_color\": 8\n }"), std::string::npos) << json;
  Manifest empty = SampleArtifact().manifest;
  empty.colors.clear();
  EXPECT_NE(ManifestToJson(empty).find("\"colors\": {}"), std::string::npos);
}

TEST(Manifest, RpcSymbolsAsDocumented) {
  const std::string json = RpcSymbolsToJson(SampleArtifact().manifest);
  EXPECT_NE(json.find(R"("rpc_symbols": [)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("kind": "Func",
   "inputs": [
    {
     "name": "",
     "type": "f32"
    }
   ])"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("immutable": false)"), std::string::npos) << json;
}

TEST(Manifest, ProgramAt) {
  const Manifest m = SampleArtifact().manifest;
  EXPECT_EQ(m.ProgramAt(1, 1), 0u);
  EXPECT_EQ(m.ProgramAt(2, 0), 1u);
  EXPECT_EQ(m.ProgramAt(3, 0), std::nullopt);
  EXPECT_EQ(m.FindExport("compute")->id, 1u);
  EXPECT_EQ(m.FindExport(5u)->color, 21);
  EXPECT_EQ(m.FindExport("nothing"), nullptr);
}

TEST(Manifest, DamageIsFound) {
  const auto bad = [](auto change) {
    Manifest m = SampleArtifact().manifest;
    change(m);
    return m.Validate().code() == StatusCode::kDataLoss;
  };
  EXPECT_FALSE(bad([](Manifest&) {}));
  EXPECT_TRUE(bad([](Manifest& m) { m.placement.pop_back(); })) << "gap";
  EXPECT_TRUE(bad([](Manifest& m) { m.placement[0].width = 3; })) << "overlap";
  EXPECT_TRUE(bad([](Manifest& m) { m.placement[2].height = 2; })) << "outside";
  EXPECT_TRUE(bad([](Manifest& m) { m.placement[1].program = 2; }));
  EXPECT_TRUE(bad([](Manifest& m) { std::swap(m.placement[0], m.placement[2]); })) << "order";
  EXPECT_TRUE(bad([](Manifest& m) { m.rectangle = {0, 2}; }));
  EXPECT_TRUE(bad([](Manifest& m) { m.rectangle = {1 << 20, 1 << 20}; }));
  EXPECT_TRUE(bad([](Manifest& m) { m.offset = {8, 1}; }));
  EXPECT_TRUE(bad([](Manifest& m) { m.channels = 17; }));
  EXPECT_TRUE(bad([](Manifest& m) { m.color_runs[0].config = 1; }));
  EXPECT_TRUE(bad([](Manifest& m) { m.color_runs[0].color = 24; }));
  EXPECT_TRUE(bad([](Manifest& m) { m.color_runs[1].color = 5; })) << "configured twice";
  EXPECT_TRUE(bad([](Manifest& m) { m.exports[1].id = 0; }));
}

TEST(Manifest, WrongJsonIsDataLossThatNamesTheKey) {
  const Manifest m = SampleArtifact().manifest;
  const auto placement = PlacementToBytes(m);
  const auto message = [&](const std::string& from, const std::string& to) {
    std::string json = ManifestToJson(m);
    json.replace(json.find(from), from.size(), to);
    auto parsed = ParseManifest(json, placement);
    return parsed.ok() ? "ok" : parsed.status().message();
  };
  EXPECT_EQ(message("\"wse2\"", "\"wse9\""), "out.json: 'arch' is missing or of the wrong type");
  EXPECT_EQ(message("\"4\"", "4"), "out.json: parameter 'M' must be a string");
  EXPECT_EQ(message("\"channels\": 1", "\"channels\": 1e99"),
            "out.json: 'channels' is missing or of the wrong type");
  EXPECT_EQ(message("\"rectangle\"", "\"rect\""),
            "out.json: 'rectangle' is missing or of the wrong type");
  EXPECT_EQ(message("{", "["), "out.json: not JSON");
}

TEST(Artifact, FilesDetermineTheValue) {
  const Artifact artifact = SampleArtifact();
  ASSERT_TRUE(artifact.Validate().ok()) << artifact.Validate().message();
  auto back = ParseArtifact(ArtifactFiles(artifact));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(*back, artifact);
}

TEST(Artifact, DirectoryHasTheDocumentedShape) {
  const auto dir = FreshFolder("shape");
  ASSERT_TRUE(WriteArtifact(SampleArtifact(), dir).ok());
  for (const char* folder : {"bin", "east", "west", "generated"}) {
    EXPECT_TRUE(std::filesystem::is_directory(dir / folder)) << folder;
  }
  auto files = ListArtifactFiles(dir);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(*files,
            (std::vector<std::string>{"bin/out_0_0.elf", "bin/out_1_0.elf", "bin/out_rpc.json",
                                      "bin/placement.bin", "out.json"}));
  auto back = LoadArtifact(dir);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(*back, SampleArtifact());
}

TEST(Artifact, WritingAgainRemovesOldImagesAndNothingElse) {
  const auto dir = FreshFolder("again");
  ASSERT_TRUE(WriteArtifact(SampleArtifact(), dir).ok());
  std::ofstream(dir / "notes.txt") << "mine";
  Artifact smaller = SampleArtifact();
  smaller.images.pop_back();
  smaller.manifest.programs.pop_back();
  smaller.manifest.placement = {{0, 0, 3, 2, 0}};
  ASSERT_TRUE(WriteArtifact(smaller, dir).ok());
  EXPECT_FALSE(std::filesystem::exists(dir / "bin/out_1_0.elf"));
  EXPECT_TRUE(std::filesystem::exists(dir / "notes.txt"));
  EXPECT_EQ(*LoadArtifact(dir), smaller);
}

TEST(Artifact, MissingFilesAreNamed) {
  const auto dir = FreshFolder("missing");
  EXPECT_EQ(LoadArtifact(dir).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(WriteArtifact(SampleArtifact(), dir).ok());
  std::filesystem::remove(dir / "bin/out_1_0.elf");
  const Status status = LoadArtifact(dir).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("bin/out_1_0.elf"), std::string::npos) << status.message();
}

TEST(Artifact, ProgramsAndManifestMustAgree) {
  Artifact artifact = SampleArtifact();
  artifact.manifest.arch = isa::Arch::kWse3;
  EXPECT_EQ(artifact.Validate().code(), StatusCode::kDataLoss);
  artifact = SampleArtifact();
  artifact.images[1].exports[1].id = 2;
  EXPECT_EQ(artifact.Validate().code(), StatusCode::kDataLoss);
  artifact = SampleArtifact();
  artifact.images.pop_back();
  EXPECT_EQ(artifact.Validate().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace csl::image
