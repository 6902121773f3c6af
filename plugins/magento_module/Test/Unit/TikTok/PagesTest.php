<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\TikTok;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Texts and places of the native plugin's guide, read from the module's own declarations.
 */
class PagesTest extends TestCase
{
    private \SimpleXMLElement $system;

    protected function setUp(): void
    {
        $this->system = $this->xml('etc/adminhtml/system.xml')->system;
    }

    /**
     * The module answers on the guide's redirect call back URL: the store URL and /tts/authorization/code.
     *
     * @feature NAT-01
     */
    public function testTheModuleAnswersOnTheRedirectCallBackUrl(): void
    {
        [$frontName, $controller, $action] = explode('/', Settings::CALLBACK_PATH);
        self::assertSame('tts/authorization/code', Settings::CALLBACK_PATH);
        $routes = $this->xml('etc/frontend/routes.xml');
        self::assertSame($frontName, (string) $routes->router->route['frontName']);
        self::assertSame('Shopbridge_TikTokShop', (string) $routes->router->route->module['name']);
        self::assertFileExists($this->path(sprintf('Controller/%s/%s.php', ucfirst($controller), ucfirst($action))));
    }

    /**
     * @feature NAT-02
     */
    public function testGeneralHasFiveFieldsAndAStateThatNobodySets(): void
    {
        $group = $this->group('shopbridge_tiktok', 'general');
        $labels = [];
        foreach ($group->field as $field) {
            if ((string) $field->config_path !== '') {
                $labels[(string) $field['id']] = (string) $field->label;
            }
        }
        self::assertSame(['App Key', 'App Secret', 'API URL', 'Authorize API URL', 'Authorize State'], array_values($labels));
        $state = $group->xpath('field[@id="authorize_state"]')[0];
        $block = (string) file_get_contents($this->path('Block/Adminhtml/Config/AuthorizeState.php'));
        self::assertStringEndsWith('Config\AuthorizeState', (string) $state->frontend_model);
        self::assertStringContainsString('readonly', $block);
        self::assertStringNotContainsString('name=', $block);
        $patch = (string) file_get_contents($this->path('Setup/Patch/Data/MakeAuthorizeState.php'));
        self::assertStringContainsString('getRandomString(self::LENGTH)', $patch);
    }

    /**
     * @feature MAG-05
     */
    public function testSaasConfigurationHasItsFourFieldsAndTheSecretIsKeptEncryptedAndMasked(): void
    {
        $fields = [];
        foreach ($this->group('shopbridge_saas', 'saas')->field as $field) {
            $fields[(string) $field->label] = $field;
        }
        self::assertSame([], array_diff(['Enabled', 'Web Hook URL', 'App Key', 'App Secret'], array_keys($fields)));
        self::assertSame('obscure', (string) $fields['App Secret']['type']);
        self::assertSame('Magento\Config\Model\Config\Backend\Encrypted', (string) $fields['App Secret']->backend_model);
        $defaults = $this->xml('etc/config.xml')->default->shopbridge->saas;
        foreach (['secret', 'app_secret'] as $name) {
            self::assertSame('Magento\Config\Model\Config\Backend\Encrypted', (string) $defaults->{$name}['backend_model']);
        }
    }

    public function testEverySectionAsksForARightOfItsOwnThatExists(): void
    {
        $known = [];
        foreach ($this->xml('etc/acl.xml')->xpath('//resource') as $resource) {
            $known[] = (string) $resource['id'];
        }
        $asked = [];
        foreach ($this->system->section as $section) {
            $asked[] = (string) $section->resource;
        }
        self::assertCount(5, array_unique($asked));
        self::assertSame([], array_diff($asked, $known));
    }

    private function group(string $section, string $group): \SimpleXMLElement
    {
        return $this->system->xpath("section[@id='$section']/group[@id='$group']")[0];
    }

    private function xml(string $file): \SimpleXMLElement
    {
        return new \SimpleXMLElement((string) file_get_contents($this->path($file)));
    }

    private function path(string $file): string
    {
        return dirname(__DIR__, 3) . '/' . $file;
    }
}
