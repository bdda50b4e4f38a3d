package zipserv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.TypeConversionException;
import zipserv.checkpoint.CompressionOptions;
import zipserv.codec.WeightFormat;

class GpuClassTest {

    /** A class for which this fails makes the choice depend on the machine: then {@code auto} must look at it. */
    @ParameterizedTest
    @EnumSource
    void oneFormatIsBestOnAll(GpuClass gpu) {
        assertEquals(GpuClass.bestOfMost(), gpu.best());
    }

    @Test
    void commandAndLibraryChooseAlike() {
        assertEquals(WeightFormat.FRAG11, GpuClass.bestOfMost());
        assertEquals(GpuClass.bestOfMost(), CompressionOptions.DEFAULT.format());
    }

    @Test
    void namesAreThoseOfTheFormatsAndAuto() {
        CompressCommand.FormatName names = new CompressCommand.FormatName();
        assertEquals("auto raw tca-tbe frag11", String.join(" ", names));
        assertEquals(WeightFormat.TCA_TBE, names.convert("tca-tbe"));
        assertEquals(GpuClass.bestOfMost(), names.convert("auto"));
        assertThrows(TypeConversionException.class, () -> names.convert("Auto"));
    }
}
